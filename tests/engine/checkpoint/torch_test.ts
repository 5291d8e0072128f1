import assert from "node:assert/strict";
import { parsePth, readPth } from "../../../engine/checkpoint/mod.ts";
import { loadWeights } from "../../../models/weights/mod.ts";

// The files are written by torch/make.py with torch itself.
function open(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`torch/${name}.pth`, import.meta.url));
}

const quarters = Array.from({ length: 12 }, (_, i) => i / 4);

const EXPECTED: Record<string, [string, number[], (number | bigint)[]]> = {
  plain: ["F32", [3, 4], quarters],
  transposed: [
    "F32",
    [4, 3],
    [0, 1, 2, 0.25, 1.25, 2.25, 0.5, 1.5, 2.5, 0.75, 1.75, 2.75],
  ],
  tail: ["F32", [2, 2], [1.5, 1.75, 2.5, 2.75]],
  half: ["F32", [4], [1, -2.5, 65504, 2 ** -24]],
  bfloat: ["F32", [2], [1, -3.140625]],
  double: ["F64", [1], [1 / 3]],
  "bn.num_batches_tracked": ["I64", [], [1234567890123n]],
  mask: ["BOOL", [2], [1, 0]],
  bytes: ["U8", [2], [0, 255]],
  short: ["I32", [2], [-7, 7]],
  parameter: ["F32", [1, 1], [0.5]],
  empty: ["F32", [0, 3], []],
};

for (const name of ["zip", "legacy", "bare"]) {
  Deno.test(`parsePth() reads every tensor of ${name}.pth`, () => {
    const tensors = parsePth(open(name));
    assert.deepEqual([...tensors.keys()], Object.keys(EXPECTED));
    for (const [key, [dtype, shape, data]] of Object.entries(EXPECTED)) {
      const tensor = tensors.get(key)!;
      assert.equal(tensor.dtype, dtype, key);
      assert.deepEqual(tensor.shape, shape, key);
      assert.deepEqual([...tensor.data], data, key);
    }
  });
}

Deno.test("parsePth() runs nothing that a pickle names", () => {
  const tensors = parsePth(open("attack"));
  assert.deepEqual([...tensors.get("w")!.data], [1, 1]);
  assert.throws(() => Deno.statSync("executed-by-pickle"));
});

for (const name of ["zip2", "zip4", "legacy2", "legacy4"]) {
  Deno.test(`readPth() passes over what else torch wrote (${name})`, () => {
    const { tensors, metadata } = readPth(open(`strange-${name}`));
    assert.deepEqual([...tensors.get("w")!.data], [1, 1]);
    assert.deepEqual([...tensors.get("wide")!.data], [65535, 7]);
    assert.deepEqual(metadata, {
      "random.big": "18446744073709551617",
      "random.low": "-1099511627776",
    });
  });
}

Deno.test("parsePth() names a tensor whose type it cannot read", () => {
  assert.throws(() => readPth(open("strange-zip2"), { entry: "other" }), {
    name: "CheckpointError",
    message: /^Cannot read "c" among tensors of torch\.ComplexFloatStorage/,
  });
});

Deno.test("parsePth() says what a file is not", () => {
  const error = (message: RegExp) => ({ name: "CheckpointError", message });
  assert.throws(
    () => parsePth(new TextEncoder().encode("<html>not found</html>")),
    error(/neither a zip nor an older file of torch.save/),
  );
  assert.throws(
    () => parsePth(open("nothing")),
    error(/holds no tensors by name, expected a state dict/),
  );
  const whole = open("zip");
  assert.throws(
    () => parsePth(whole.subarray(0, whole.length / 2)),
    error(/^The zip file is damaged: its end is missing, it may be cut off$/),
  );
  const legacy = open("legacy");
  assert.throws(
    () => parsePth(legacy.subarray(0, legacy.length - 20)),
    error(/Cannot read the PyTorch file: .*corrupted/),
  );
});

Deno.test("tensors of a .pth file load into a model", () => {
  const init = { kind: "constant", value: 0 } as const;
  const specs = {
    plain: { shape: [3, 4], init, trainable: true },
    double: { shape: [1], init, trainable: true },
  };
  const { params, report } = loadWeights(specs, parsePth(open("zip")));
  assert.deepEqual([...params.plain!.data], quarters);
  assert.deepEqual([...params.double!.data], [Math.fround(1 / 3)]);
  assert.ok(report.unexpected.includes("mask"));
  assert.ok(!report.unexpected.includes("bn.num_batches_tracked"));
});
