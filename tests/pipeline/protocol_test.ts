import assert from "node:assert/strict";
import { decode, encode } from "../../pipeline/json.ts";
import { lines, MARK, parseLine } from "../../pipeline/run/protocol.ts";

Deno.test("numbers that JSON lacks arrive as they are", () => {
  const values = { loss: NaN, norm: Infinity, low: -Infinity, lr: 1e-4 };
  const message = { type: "event", list: [values, null, "NaN"] };
  assert.deepEqual(decode(encode(message)), message);
});

Deno.test("messages are told from what libraries print", () => {
  const message = { type: "done" as const };
  const line = `50% ${MARK}${encode(message)}`;
  assert.deepEqual(parseLine(line), { text: "50% ", message });
  assert.deepEqual(parseLine("plain"), { text: "plain" });
  const torn = `${MARK}{"type":"do I tensorflow/core`;
  assert.deepEqual(parseLine(torn), { text: torn });
});

Deno.test("lines() joins what arrives in pieces, in the middle of a letter", async () => {
  const bytes = new TextEncoder().encode("größe\nzwei\nrest");
  const stream = ReadableStream.from([
    bytes.subarray(0, 3),
    bytes.subarray(3, 9),
    bytes.subarray(9),
  ]);
  assert.deepEqual(await Array.fromAsync(lines(stream)), [
    "größe",
    "zwei",
    "rest",
  ]);
});
