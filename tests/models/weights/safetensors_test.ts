import assert from "node:assert/strict";
import {
  halfToNumber,
  parseSafetensors,
  safetensorsMetadata,
  writeSafetensors,
} from "../../../models/weights/safetensors.ts";
import { toMemory, toTorch } from "../../../models/weights/layout.ts";

Deno.test("safetensors written are read back equal, metadata too", () => {
  const tensors = new Map([
    ["bytes", { data: Uint8Array.of(1, 2, 3), shape: [3] }],
    ["float", { data: Float32Array.of(1.5, -2), shape: [1, 2] }],
    ["double", { data: Float64Array.of(Math.PI), shape: [] }],
    ["int", { data: Int32Array.of(-7), shape: [1] }],
    ["long", { data: BigInt64Array.of(5n), shape: [1] }],
    ["empty", { data: new Float32Array(0), shape: [0, 4] }],
  ]);
  const bytes = writeSafetensors(tensors, { note: "näme" });
  const read = parseSafetensors(bytes);
  assert.deepEqual(new Set(read.keys()), new Set(tensors.keys()));
  for (const [name, { data, shape }] of tensors) {
    assert.deepEqual(read.get(name)!.data, data);
    assert.deepEqual(read.get(name)!.shape, shape);
  }
  assert.deepEqual(safetensorsMetadata(bytes), { note: "näme" });
});

Deno.test("every tensor is aligned to its element size", () => {
  const bytes = writeSafetensors(
    new Map<string, { data: Uint8Array | Float64Array; shape: number[] }>([
      ["a", { data: Uint8Array.of(1), shape: [1] }],
      ["b", { data: Float64Array.of(1), shape: [1] }],
    ]),
  );
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(bytes.slice(8, 8 + length)),
  );
  assert.equal((8 + length + header.b.data_offsets[0]) % 8, 0);
});

Deno.test("half precision is widened", () => {
  assert.deepEqual(
    [0x3c00, 0xc000, 0x3555, 0x0001, 0x7c00, 0x8000].map(halfToNumber),
    [1, -2, 0.333251953125, 2 ** -24, Infinity, -0],
  );
  const header = '{"h":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}';
  const file = new Uint8Array(8 + header.length + 2);
  file[0] = header.length;
  file.set(new TextEncoder().encode(header), 8);
  file.set([0x80, 0xbf], 8 + header.length);
  assert.deepEqual(parseSafetensors(file).get("h")!.data, Float32Array.of(-1));
});

Deno.test("small and unsigned integers are widened", () => {
  const header = JSON.stringify({
    a: { dtype: "I8", shape: [1], data_offsets: [0, 1] },
    b: { dtype: "I16", shape: [1], data_offsets: [1, 3] },
    c: { dtype: "U16", shape: [1], data_offsets: [3, 5] },
    d: { dtype: "U32", shape: [1], data_offsets: [5, 9] },
  });
  const file = new Uint8Array(8 + header.length + 9).fill(255);
  file.set([header.length, 0, 0, 0, 0, 0, 0, 0]);
  file.set(new TextEncoder().encode(header), 8);
  const read = parseSafetensors(file);
  assert.deepEqual(
    [...read.values()].map(({ dtype, data }) => [dtype, Number(data[0])]),
    [["I32", -1], ["I32", -1], ["I32", 65535], ["I64", 2 ** 32 - 1]],
  );
});

Deno.test("a damaged file is refused with what was found", () => {
  const bytes = writeSafetensors(
    new Map([["w", { data: Float32Array.of(1, 2), shape: [2] }]]),
  );
  assert.throws(() => parseSafetensors(bytes.slice(0, 4)), {
    name: "SyntaxError",
    message: "Cannot parse safetensors: 4 bytes, expected at least 8",
  });
  assert.throws(() => parseSafetensors(bytes.slice(0, 20)), /header claims/);
  assert.throws(
    () => parseSafetensors(bytes.slice(0, -1)),
    /Cannot read "w": bytes 0 to 8 do not hold F32 \[2\]/,
  );
});

/** A file of this header and no numbers. */
function headed(text: string): Uint8Array {
  const header = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

Deno.test("a header of another form is refused", () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => parseSafetensors(headed(text)), {
      name: "SyntaxError",
      message,
    });
  refused("<html>", /^Cannot parse safetensors: its header is no JSON: /);
  refused("[1]", /its header is no map of tensors/);
  const wanted = "expected dtype, shape and data_offsets";
  refused('{"w": 1}', new RegExp(`Cannot read "w": found 1, ${wanted}`));
  refused('{"w": {"dtype": "F32", "shape": [-1]}}', new RegExp(wanted));
  refused(
    '{"w": {"dtype": "toString", "shape": [], "data_offsets": [0, 4]}}',
    /type toString, expected one of F16/,
  );
  const odd = headed('{"__metadata__": {"epoch": 3}}');
  assert.deepEqual(safetensorsMetadata(odd), { epoch: "3" });
});

Deno.test("data that contradicts its shape is not written", () => {
  const data = Float32Array.of(1, 2);
  assert.throws(
    () => writeSafetensors(new Map([["w", { data, shape: [3] }]])),
    /Cannot write "w": shape \[3\] holds 3 numbers, its data 2/,
  );
});

Deno.test("kernels turn between OIHW and HWIO, other ranks stay", () => {
  const data = Float32Array.from({ length: 2 * 3 * 1 * 2 }, (_, i) => i);
  const memory = toMemory("w", [2, 3, 1, 2], data);
  assert.deepEqual(memory.shape, [1, 2, 3, 2]);
  assert.deepEqual([...memory.data], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  assert.deepEqual(toTorch("w", memory.shape, memory.data), {
    shape: [2, 3, 1, 2],
    data,
  });
  assert.equal(toMemory("w", [4, 3], data).data, data);
  assert.throws(() => toMemory("w", [5], data), /"w".*5 numbers, given 12/);
});
