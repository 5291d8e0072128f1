/** Members out of zip files. @module */
import assert from "node:assert/strict";
import { zipSync } from "fflate";
import { unpack, zipMembers } from "../../../engine/tensorflow/library/zip.ts";

async function open(bytes: Uint8Array): Promise<Deno.FsFile> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  const file = await Deno.open(path);
  await Deno.remove(path);
  return file;
}

const text = new TextEncoder().encode("hello ".repeat(100));

Deno.test("names with other letters, empty members, many members", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, i) => [`folder/${i}`, text]),
  );
  using file = await open(
    zipSync({ ...many, "über": text, "empty": text.slice(0, 0) }),
  );
  const members = await zipMembers(file);
  assert.equal(members.size, 502);
  const folder = await Deno.makeTempDir();
  let told = 0;
  await unpack(file, members.get("über")!, `${folder}/a`, (n) => told += n);
  assert.deepEqual(await Deno.readFile(`${folder}/a`), text);
  assert.equal(told, text.length);
  await unpack(file, members.get("empty")!, `${folder}/b`);
  assert.equal((await Deno.stat(`${folder}/b`)).size, 0);
  await assert.rejects(
    unpack(file, members.get("empty")!, `${folder}/b`),
    Deno.errors.AlreadyExists,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("files that are no or no whole archive are refused", async () => {
  const whole = zipSync({ a: text });
  for (const bytes of [new Uint8Array(0), text, whole.slice(0, -30)]) {
    using file = await open(bytes);
    await assert.rejects(zipMembers(file), /no complete zip archive/);
  }
  using short = await open(whole.slice(40));
  await assert.rejects(zipMembers(short), /outside the file/);
  using shifted = await open(whole.slice(1));
  await assert.rejects(zipMembers(shifted), /directory is damaged/);
});
