/**
 * The recorded nuScenes set: the folder in GOLDEN_NUSC, or the copy in
 * tests/golden/nusc unpacked once a process.
 * @module
 */

const COPY = new URL("../golden/nusc", import.meta.url).pathname;

let unpacked: string | undefined;

/** Folder of the set with plain files. */
export async function goldenNusc(): Promise<string> {
  const given = Deno.env.get("GOLDEN_NUSC");
  if (given) return given;
  if (unpacked) return unpacked;
  const folder = await Deno.makeTempDir({ prefix: "golden-nusc-" });
  await unpack(COPY, folder);
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(folder, { recursive: true });
  });
  return unpacked = folder;
}

async function unpack(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await unpack(`${from}/${name}`, `${to}/${name}`);
    else if (!name.endsWith(".gz")) {
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    } else {
      const source = await Deno.open(`${from}/${name}`);
      const plain = source.readable.pipeThrough(
        new DecompressionStream("gzip"),
      );
      await Deno.writeFile(`${to}/${name.slice(0, -3)}`, plain);
    }
  }
}

/** A JSON file of the set. */
export async function goldenNuscJson(path: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(`${await goldenNusc()}/${path}`));
}
