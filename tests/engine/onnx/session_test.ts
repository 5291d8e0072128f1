/** Sessions: names, shapes, providers and closing. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  exportOnnx,
  onnxProviders,
  openSession,
} from "../../../engine/onnx/mod.ts";

function model(): Uint8Array {
  return exportOnnx(
    ({ a, b, keep }) => ({
      sum: tf.add(a, b),
      kept: tf.where(keep, a, tf.zerosLike(a)),
    }),
    {
      a: { shape: [2, 2] },
      b: { shape: [2], dtype: "int32" },
      keep: { shape: [2, 2], dtype: "bool" },
    },
  );
}

const INPUTS = {
  a: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
  b: { data: Int32Array.of(10, 20), shape: [2] },
  keep: { data: Uint8Array.of(1, 0, 0, 1), shape: [2, 2] },
};

Deno.test("a session runs by names and keeps their order", async () => {
  const session = await openSession(model(), { threads: 1 });
  assert.deepEqual(session.inputNames, ["a", "b", "keep"]);
  assert.deepEqual(session.outputNames, ["sum", "kept"]);
  assert.deepEqual(session.inputs.b, { type: "int32", shape: [2] });
  const { sum, kept } = await session.run(INPUTS);
  assert.deepEqual(sum, {
    data: Float32Array.of(11, 22, 13, 24),
    shape: [2, 2],
  });
  assert.deepEqual([...kept.data], [1, 0, 0, 4]);
  await session.close();
});

Deno.test("a session opens a file", async () => {
  const path = join(tmpdir(), `session-${crypto.randomUUID()}.onnx`);
  await Deno.writeFile(path, model());
  const session = await openSession(path);
  assert.equal((await session.run(INPUTS)).sum.data[3], 24);
  await session.close();
  await Deno.remove(path);
});

Deno.test("a closed session says so", async () => {
  const session = await openSession(model());
  await session.close();
  await session.close();
  await assert.rejects(session.run(INPUTS), /its session is closed/);
});

Deno.test("wrong inputs are refused by name", async () => {
  const session = await openSession(model());
  const { a, b, keep } = INPUTS;
  await assert.rejects(session.run({ a, b, kept: keep }), {
    message: "Cannot run the model: keep missing, kept unknown; its inputs " +
      "are a, b, keep",
  });
  await assert.rejects(session.run({ a: { ...a, shape: [4] }, b, keep }), {
    message: 'Cannot run the model: input "a" is a Float32Array of 4 numbers ' +
      "with shape [4], expected Float32Array of shape [2,2]",
  });
  const wrong = { data: Float32Array.of(1, 2), shape: [2] };
  await assert.rejects(
    session.run({ a, b: wrong, keep }),
    /"b" is a Float32Array .*, expected Int32Array of shape \[2\]/,
  );
  await session.close();
});

Deno.test("an absent provider names those at hand", async () => {
  const provider = "no-such" as "cuda";
  await assert.rejects(openSession(model(), { provider }), (error: Error) => {
    assert.match(error.message, /^Cannot run the ONNX model on "no-such": /);
    assert.match(error.message, /This ONNX Runtime brings (\w+, )*cpu/);
    return true;
  });
});

Deno.test("a provider that is not installed comes with its remedy", async () => {
  const absent = (await onnxProviders()).filter(({ bundled }) => !bundled);
  for (const { name } of absent) {
    await assert.rejects(
      openSession(model(), { provider: name as "cuda" }),
      (error: Error) => {
        assert.equal(error.name, "ProviderError");
        assert.match(
          error.message,
          new RegExp(`on "${name}": .*for ${name}, `),
        );
        assert.match(error.message, /--onnxruntime-node-install=cuda12/);
        assert.match(error.message, /Or choose the provider "cpu"$/);
        return true;
      },
    );
  }
});

Deno.test("bytes that are no model are refused", async () => {
  await assert.rejects(
    openSession(Uint8Array.of(1, 2, 3)),
    /Cannot load the ONNX model: /,
  );
});
