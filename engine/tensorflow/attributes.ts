/**
 * Attributes of operations as tfjs-node's kernels give them.
 * @module
 */
import { type Address, type CApi, cString, int64s } from "./capi.ts";

/** tfjs-node's numbers of attribute kinds (TF_AttrType). */
export const ATTRIBUTE = {
  string: 0,
  int: 1,
  float: 2,
  bool: 3,
  type: 4,
  shape: 5,
} as const;

/** One attribute. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** Sets attributes on an eager operation or on a graph node. */
export function setAttributes(
  api: CApi,
  target: "TFE_Op" | "TF_",
  op: Address,
  attributes: readonly Attribute[],
): void {
  for (const attribute of attributes) setAttribute(api, target, op, attribute);
}

function setAttribute(
  api: CApi,
  target: "TFE_Op" | "TF_",
  op: Address,
  { name, type, value }: Attribute,
): void {
  const { f } = api;
  const key = cString(name);
  switch (type) {
    case ATTRIBUTE.string: {
      const bytes = value instanceof Uint8Array
        ? value as Uint8Array<ArrayBuffer>
        : cString(value as string);
      const length = bytes.length - (value instanceof Uint8Array ? 0 : 1);
      return f[`${target}SetAttrString`](op, key, bytes, BigInt(length));
    }
    case ATTRIBUTE.int:
      return Array.isArray(value)
        ? f[`${target}SetAttrIntList`](op, key, int64s(value), value.length)
        : f[`${target}SetAttrInt`](op, key, BigInt(Math.trunc(Number(value))));
    case ATTRIBUTE.float: {
      if (!Array.isArray(value)) {
        return f[`${target}SetAttrFloat`](op, key, value as number);
      }
      const list = Float32Array.from(value);
      return f[`${target}SetAttrFloatList`](op, key, list, list.length);
    }
    case ATTRIBUTE.bool:
      return f[`${target}SetAttrBool`](op, key, value ? 1 : 0);
    case ATTRIBUTE.type: {
      if (!Array.isArray(value)) {
        return f[`${target}SetAttrType`](op, key, value as number);
      }
      const list = Int32Array.from(value);
      return f[`${target}SetAttrTypeList`](op, key, list, list.length);
    }
    case ATTRIBUTE.shape:
      return setShape(api, target, op, key, value as number[]);
    default:
      throw new Error(`Cannot set the attribute ${name} of kind ${type}`);
  }
}

function setShape(
  { f, status }: CApi,
  target: "TFE_Op" | "TF_",
  op: Address,
  key: Uint8Array<ArrayBuffer>,
  shape: number[],
): void {
  const dims = int64s(shape);
  if (target === "TF_") return f.TF_SetAttrShape(op, key, dims, shape.length);
  f.TFE_OpSetAttrShape(op, key, dims, shape.length, status);
}
