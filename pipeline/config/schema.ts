/**
 * What a zod schema knows at a path: for "did you mean".
 * @module
 */
import type { z } from "zod";

/** The parts of zod's definitions that lead to keys. */
interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  innerType?: z.ZodType;
  in?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  items?: z.ZodType[];
  options?: z.ZodType[];
  getter?: () => z.ZodType;
}

function definition(schema: z.ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Every schema that a wrapper or union may stand for. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  const def = definition(schema);
  const inner = def.innerType ?? def.in ?? def.getter?.();
  if (inner) return unwrap(inner);
  return def.options ? def.options.flatMap(unwrap) : [schema];
}

function step(schema: z.ZodType, key: PropertyKey): z.ZodType[] {
  const def = definition(schema);
  const next = def.shape?.[String(key)] ?? def.items?.[Number(key)] ??
    def.element ?? def.valueType;
  return next ? unwrap(next) : [];
}

/** Keys that an object at this path may have; none if it is no object. */
export function keysAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
): string[] {
  let schemas = unwrap(schema);
  for (const key of path) schemas = schemas.flatMap((at) => step(at, key));
  return schemas.flatMap((at) => Object.keys(definition(at).shape ?? {}));
}
