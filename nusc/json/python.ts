/**
 * JSON as Python's json module writes it: NaN and Infinity stand bare. The
 * devkit's readers expect that; JSON.parse refuses it.
 * @module
 */

/** @param indent spaces per level; 0 puts all on one line */
export function pythonJson(value: unknown, indent = 2, level = 0): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value) ?? "null";
  }
  const list = Array.isArray(value) || ArrayBuffer.isView(value);
  const parts = list
    ? Array.from(value as ArrayLike<unknown>).map((item) =>
      pythonJson(item, indent, level + 1)
    )
    : Object.entries(value).filter(([, item]) => item !== undefined).map((
      [key, item],
    ) => `${JSON.stringify(key)}: ${pythonJson(item, indent, level + 1)}`);
  const [open, close] = list ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  if (!indent) return `${open}${parts.join(", ")}${close}`;
  const pad = "\n" + " ".repeat(indent * (level + 1));
  const end = "\n" + " ".repeat(indent * level);
  return `${open}${pad}${parts.join("," + pad)}${end}${close}`;
}
