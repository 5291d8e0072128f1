/**
 * Writes a graph as an ONNX file (a ModelProto).
 * @module
 */
import onnxProto from "onnx-proto";
import { ELEMENT_CODES } from "./builder.ts";
import type { Attribute, Constant, Graph, Node, Value } from "./ir.ts";
import { isConstant } from "./ir.ts";

const { onnx } = onnxProto;

/** What a model file says about itself. */
export interface ModelHeader {
  readonly opset: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Versions of the file format that first allow an operator set. */
const IR_VERSIONS: Readonly<Record<number, number>> = {
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
};

/** The operator sets that can be written. */
export const OPSETS: readonly number[] = Object.keys(IR_VERSIONS).map(Number);

/** Encodes a named graph. */
export function encodeModel(graph: Graph, header: ModelHeader): Uint8Array {
  const constants = new Set<Constant>();
  for (const { inputs } of graph.nodes) {
    for (const input of inputs) if (isConstant(input)) constants.add(input);
  }
  const domains = [
    ...new Set(graph.nodes.flatMap(({ domain }) => domain ?? [])),
  ];
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSIONS[header.opset],
    producerName: header.producer,
    opsetImport: [
      { domain: "", version: header.opset },
      ...domains.map((domain) => ({ domain, version: 1 })),
    ],
    metadataProps: Object.entries(header.metadata)
      .map(([key, value]) => ({ key, value })),
    graph: {
      name: "main",
      node: graph.nodes.map(encodeNode),
      initializer: [...constants].map(encodeConstant),
      input: graph.inputs.map((value) => encodeValue(value)),
      output: graph.outputs.map(({ value }) => encodeValue(value)),
      valueInfo: graph.nodes.flatMap(({ outputs }) => outputs)
        .filter((value) => !graph.outputs.some((o) => o.value === value))
        .map(encodeValue),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

function encodeNode(node: Node) {
  return {
    name: node.name,
    opType: node.op,
    ...(node.domain ? { domain: node.domain } : {}),
    input: node.inputs.map((value) => value?.name ?? ""),
    output: node.outputs.map((value) => value.name),
    attribute: Object.entries(node.attributes)
      .map(([name, value]) => ({ name, ...encodeAttribute(value) })),
  };
}

function encodeAttribute(value: Attribute) {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === "number") return { type: AttributeType.INT, i: value };
  if (typeof value === "string") {
    return { type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if ("float" in value) return { type: AttributeType.FLOAT, f: value.float };
  return { type: AttributeType.INTS, ints: [...value] };
}

function encodeConstant({ name, shape, type, data }: Constant) {
  const rawData = new Uint8Array(
    data.buffer,
    data.byteOffset,
    data.byteLength,
  );
  return { name, dims: [...shape], dataType: ELEMENT_CODES[type], rawData };
}

function encodeValue({ name, shape, type }: Value) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  const elemType = ELEMENT_CODES[type];
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
