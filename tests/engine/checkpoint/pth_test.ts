import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePth, readPth, writePth } from "../../../engine/checkpoint/mod.ts";
import {
  Built,
  Call,
  floats,
  type Py,
  Tensor,
  torchLegacy,
  torchZip,
  zip,
} from "../../support/torch.ts";

const weight = floats([2, 3], [1, 2, 3, 4, 5, 6]);
const state = new Map<string, Py>([
  ["a.weight", weight],
  ["a.copy", weight],
  ["a.turned", new Tensor("FloatStorage", weight.bytes, [3, 2], [1, 3])],
  ["a.row", new Tensor("FloatStorage", weight.bytes, [3], [1], 3)],
  ["half", new Tensor("HalfStorage", Uint8Array.of(0, 0x3c, 0, 0xc1), [2])],
  [
    "count",
    new Tensor("LongStorage", Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0), []),
  ],
]);
const checkpoint = new Map<string, Py>([
  [
    "meta",
    new Map<string, Py>([
      ["epoch", 24],
      ["lr", 0.5],
      ["CLASSES", ["car", "truck"]],
      ["hook", null],
      ["config", new Call("mmcv", "Config", [])],
    ]),
  ],
  ["state_dict", state],
  ["optimizer", new Map<string, Py>([["state", new Map([["0", weight]])]])],
]);

function plain(bytes: Uint8Array): Record<string, unknown> {
  return Object.fromEntries(
    [...parsePth(bytes)].map(([name, { shape, data }]) => [
      name,
      { shape, data: [...data] },
    ]),
  );
}

const EXPECTED = {
  "a.weight": { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
  "a.copy": { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
  "a.turned": { shape: [3, 2], data: [1, 4, 2, 5, 3, 6] },
  "a.row": { shape: [3], data: [4, 5, 6] },
  half: { shape: [2], data: [1, -2.5] },
  count: { shape: [], data: [7n] },
};

for (
  const [layout, write] of [["zip", torchZip], ["legacy", torchLegacy]] as const
) {
  Deno.test(`readPth() reads the ${layout} layout: tensors, entry, metadata`, () => {
    const bytes = write(checkpoint);
    assert.deepEqual(plain(bytes), EXPECTED);
    const file = readPth(bytes);
    assert.equal(file.layout, layout);
    assert.equal(file.entry, "state_dict");
    assert.deepEqual(file.metadata, {
      "meta.epoch": "24",
      "meta.lr": "0.5",
      "meta.CLASSES": "car, truck",
    });
  });

  Deno.test(`readPth() runs nothing that the ${layout} layout names`, () => {
    const evil = new Map<string, Py>([
      ["x", new Call("os", "system", ["touch executed-by-pickle"])],
      ["y", new Call("builtins", "eval", ["1/0"])],
      ["w", weight],
    ]);
    assert.deepEqual(Object.keys(plain(write(evil))), ["w"]);
    assert.throws(() => Deno.statSync("executed-by-pickle"));
  });
}

Deno.test("parameters of torch before 0.4 are tensors too", () => {
  const state = new Map<string, Py>([
    [
      "parameter",
      new Built("torch.nn.parameter", "Parameter", [
        weight,
        null,
        new Map(),
        true,
        false,
      ]),
    ],
    ["called", new Call("torch.nn.parameter", "Parameter", [weight, true])],
    ["other", new Built("torch.nn.modules.linear", "Linear", [weight])],
  ]);
  const whole = EXPECTED["a.weight"];
  assert.deepEqual(plain(torchLegacy(state)), {
    parameter: whole,
    called: whole,
  });
});

Deno.test("averages of weights come before the weights, unless one is named", () => {
  const one = new Map([["w", floats([1], [1])]]);
  const two = new Map([["w", floats([1], [2])]]);
  const bytes = torchZip(new Map([["model", one], ["model_ema", two]]));
  assert.equal(readPth(bytes).entry, "model_ema");
  assert.equal(readPth(bytes).tensors.get("w")!.data[0], 2);
  const named = readPth(bytes, { entry: "model" });
  assert.equal(named.tensors.get("w")!.data[0], 1);
  assert.throws(() => readPth(bytes, { entry: "weights" }), {
    name: "CheckpointError",
    message: 'The PyTorch file has no tensors under "weights"; its entries ' +
      'are "model", "model_ema"',
  });
});

Deno.test("EVA-02's own checkpoints keep their weights under another name", () => {
  const file = readPth(torchZip(new Map([["module", state]])));
  assert.equal(file.entry, "module");
  assert.deepEqual([...file.tensors.keys()], [...state.keys()]);
});

Deno.test("damage is told, wherever it is", () => {
  const refused = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => readPth(bytes), { name: "CheckpointError", message });
  const whole = torchZip(checkpoint);
  const flipped = whole.slice();
  const at = flipped.findIndex((_, i) =>
    weight.bytes.every((byte, j) => flipped[i + j] === byte)
  );
  flipped[at + 3]! ^= 1;
  refused(flipped, /"archive\/data\/0" has the wrong checksum/);
  refused(whole.subarray(0, whole.length - 30), /it may be cut off/);
  refused(zip([["readme.txt", new Uint8Array(3)]]), /holds no data\.pkl/);
  const wide = new Map([["w", new Tensor("FloatStorage", weight.bytes, [9])]]);
  for (const write of [torchZip, torchLegacy]) {
    refused(write(wide), /"w": shape \[9\] .* does not fit into 6 elements/);
  }
  const odd = new Tensor("ComplexFloatStorage", weight.bytes, [3]);
  refused(torchZip(new Map([["w", odd]])), /tensors of torch\.ComplexFloat/);
  const legacy = torchLegacy(checkpoint);
  refused(legacy.subarray(0, legacy.length - 9), /Cannot read the PyTorch/);
});

Deno.test("whatever bytes change, a file is read or refused in words", () => {
  const { warn } = console;
  // The pickle parser tells the console of integers beyond 2^53.
  console.warn = () => {};
  const files = [torchZip(checkpoint), torchLegacy(checkpoint)];
  const change = fc.record({
    file: fc.constantFrom(...files),
    edits: fc.array(
      fc.tuple(fc.nat(1_000_000), fc.nat(255)),
      { minLength: 1, maxLength: 4 },
    ),
    kept: fc.double({ min: 0.3, max: 1, noNaN: true }),
  });
  try {
    fc.assert(
      fc.property(change, ({ file, edits, kept }) => {
        const bytes = file.slice(0, Math.ceil(file.length * kept));
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        try {
          readPth(bytes);
        } catch (error) {
          assert.equal((error as Error).name, "CheckpointError");
        }
      }),
      { numRuns: 500, seed: 5 },
    );
  } finally {
    console.warn = warn;
  }
});

Deno.test("writePth() gives what readPth() takes", () => {
  const shared = Float32Array.of(1, 2, 3, 4);
  const tensors = new Map([
    ["x", { shape: [2, 2], data: shared }],
    ["alias of x", { shape: [2, 2], data: shared }],
    ["ä/μ", { shape: [], data: Float64Array.of(1 / 3) }],
    ["flag", { shape: [1], data: Uint8Array.of(1), dtype: "BOOL" as const }],
    ["n", { shape: [1], data: BigInt64Array.of(-5n) }],
    ["none", { shape: [0, 3], data: new Int32Array(0) }],
  ]);
  const note = "long ".repeat(50_000);
  const bytes = writePth(tensors, { note });
  const file = readPth(bytes);
  assert.equal(file.entry, "state_dict");
  assert.deepEqual(file.metadata, { "meta.note": note });
  assert.deepEqual([...file.tensors.keys()], [...tensors.keys()]);
  for (const [name, { shape, data }] of tensors) {
    assert.deepEqual(file.tensors.get(name)!.shape, shape);
    assert.deepEqual(file.tensors.get(name)!.data, data);
  }
  assert.equal(file.tensors.get("flag")!.dtype, "BOOL");
  assert.deepEqual(writePth(tensors, { note }), bytes);
});
