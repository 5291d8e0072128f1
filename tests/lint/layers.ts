/**
 * The lint rule behind the README's table of who may import whom.
 * @module
 */

/** npm packages that a folder may import; node: modules are free. */
const PACKAGES: Record<string, string[]> = {
  pipeline: ["yaml", "zod", "commander"],
  stages: ["zod", "@tensorflow/tfjs-core"],
  models: ["@tensorflow/tfjs-core"],
  engine: [
    "@tensorflow/tfjs",
    "@tensorflow/tfjs-core",
    "@tensorflow/tfjs-backend-cpu",
    "@tensorflow/tfjs-node-gpu",
    "onnxruntime-node",
    "onnx-proto",
    "pickleparser",
    "fflate",
  ],
  nusc: ["sharp", "commander"],
};

/** Folders that a folder may import, by the files that are their doors. */
const DOORS: Record<string, RegExp[]> = {
  pipeline: [/^stages\/(doctor|estimate|weights)\.ts$/],
  stages: [
    /^pipeline\/stage\.ts$/,
    /^models\/mod\.ts$/,
    /^engine\/\w+\/mod\.ts$/,
    /^nusc\/(\w+\/)?mod\.ts$/,
  ],
  models: [],
  engine: [],
  nusc: [],
};

/** Resolves a relative import to a path from the project root. */
function target(file: string, specifier: string): string {
  const parts = file.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Why this import is refused, or null. Paths are from the project root. */
export function refusal(file: string, specifier: string): string | null {
  const layer = file.split("/")[0]!;
  const packages = PACKAGES[layer];
  if (!packages || specifier.startsWith("node:")) return null;
  if (!specifier.startsWith(".")) {
    const name = specifier.split("/").slice(0, specifier[0] === "@" ? 2 : 1)
      .join("/");
    return packages.includes(name)
      ? null
      : `${layer}/ may not import the package ${name}`;
  }
  const path = target(file, specifier);
  if (path.split("/")[0] === layer) return null;
  return DOORS[layer]!.some((door) => door.test(path))
    ? null
    : `${layer}/ may not import ${path}; see "Who may import whom"`;
}

const root = `${Deno.cwd()}/`;

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    imports: {
      create(context) {
        const file = context.filename.replace(root, "");
        function check(source: Deno.lint.StringLiteral | null | undefined) {
          const message = source && refusal(file, source.value);
          if (message) context.report({ node: source!, message });
        }
        return {
          ImportDeclaration: (node) => check(node.source),
          ExportAllDeclaration: (node) => check(node.source),
          ExportNamedDeclaration: (node) =>
            check(node.source as Deno.lint.StringLiteral | null),
          ImportExpression(node) {
            if (node.source.type !== "Literal") return;
            check(node.source as Deno.lint.StringLiteral);
          },
        };
      },
    },
  },
};

export default plugin;
