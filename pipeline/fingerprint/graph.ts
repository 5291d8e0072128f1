/**
 * The module graph of the stage files, as Deno resolves it.
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";

/** Which modules and packages each module imports at run time. */
export interface ModuleGraph {
  /** Local file by module. */
  files: Record<string, string>;
  /** Imported modules, and `npm:` ids of packages, by module. */
  edges: Record<string, string[]>;
  /** Packages that a package needs, by id such as `zod@4.6.7`. */
  packages: Record<string, string[]>;
  /** Why a module could not be read. */
  errors: Record<string, string>;
}

/** The part that we read of what `deno info --json` prints. */
interface Info {
  redirects: Record<string, string>;
  modules: {
    specifier: string;
    local?: string;
    error?: string;
    npmPackage?: string;
    dependencies?: { code?: { specifier?: string } }[];
  }[];
  npmPackages?: Record<string, { dependencies: string[] }>;
}

/** The project's settings: they hold the import map. */
export const DENO_CONFIG = fileURLToPath(
  new URL("../../deno.json", import.meta.url),
);

/**
 * Reads the graph of several modules with one call of Deno's. Imports of
 * types only have no `code` and are left out; files that workers start from
 * (`new URL("./worker.ts", import.meta.url)`) are added.
 * @param roots file URLs
 */
export async function moduleGraph(roots: string[]): Promise<ModuleGraph> {
  const graph: ModuleGraph = { files: {}, edges: {}, packages: {}, errors: {} };
  const all = new Set(roots);
  for (let news = [...all]; news.length > 0;) {
    addInfo(graph, await denoInfo(news));
    news = addWorkers(graph).filter((url) => !all.has(url));
    for (const url of news) all.add(url);
  }
  return graph;
}

async function denoInfo(roots: string[]): Promise<Info> {
  // `deno info` takes one module: one that imports all the others.
  const entry = roots.map((url) => `import ${JSON.stringify(url)};`).join("");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "info",
      "--json",
      "--config",
      DENO_CONFIG,
      `data:application/typescript,${encodeURIComponent(entry)}`,
    ],
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`deno info: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

function addInfo(graph: ModuleGraph, info: Info): void {
  const target = (url: string) => info.redirects[url] ?? url;
  const ids = new Map<string, string>();
  for (const { specifier, npmPackage } of info.modules) {
    if (npmPackage) ids.set(specifier, `npm:${npmPackage}`);
  }
  for (const module of info.modules) {
    const { specifier, local, error, dependencies = [] } = module;
    if (specifier.startsWith("data:")) continue;
    if (error) graph.errors[specifier] = error;
    if (!local) continue;
    graph.files[specifier] = local;
    const edges = dependencies.map(({ code }) => code?.specifier)
      .filter((url) => url !== undefined).map(target)
      .map((url) => ids.get(url) ?? url);
    graph.edges[specifier] = [...new Set(edges)];
  }
  // Deno leaves it out where node_modules is managed by hand.
  const packages = Object.entries(info.npmPackages ?? {});
  for (const [id, { dependencies }] of packages) {
    graph.packages[id] = dependencies;
  }
}

const WORKER = /new URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url,?\s*\)/g;

/** Adds edges to modules that are named by URL; returns those modules. */
function addWorkers(graph: ModuleGraph): string[] {
  const found: string[] = [];
  for (const [module, file] of Object.entries(graph.files)) {
    for (const [, path] of Deno.readTextFileSync(file).matchAll(WORKER)) {
      const url = new URL(path!, module).href;
      if (!/\.[cm]?[jt]sx?$/.test(url)) continue;
      const edges = graph.edges[module]!;
      if (!edges.includes(url)) edges.push(url);
      found.push(url);
    }
  }
  return found;
}

/** Everything that a module reaches, itself included. */
export function reachable(graph: ModuleGraph, root: string): Set<string> {
  const seen = new Set([root]);
  for (const module of seen) {
    const next = module.startsWith("npm:")
      ? (graph.packages[module.slice(4)] ?? []).map((id) => `npm:${id}`)
      : graph.edges[module] ?? [];
    for (const other of next) seen.add(other);
  }
  return seen;
}

/** A path as a module's URL. */
export function moduleUrl(path: string): string {
  return pathToFileURL(path).href;
}
