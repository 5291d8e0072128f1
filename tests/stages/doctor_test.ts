/** What doctor says of CUDA. */
import assert from "node:assert/strict";
import { findCuda } from "../../engine/tensorflow/mod.ts";
import { cudaCheck } from "../../stages/doctor.ts";

Deno.test("without a driver no part of CUDA is missed", () => {
  const check = cudaCheck({ driver: false, parts: { "cuDNN 9": null } });
  assert.equal(check.status, "ok");
  assert.match(check.found, /^no NVIDIA driver/);
});

Deno.test("with a driver, what is missing is named with its remedy", () => {
  const parts = { "CUDA 12": "/a/libcudart.so.12", "ptxas": null };
  const check = cudaCheck({ driver: true, parts });
  assert.equal(check.status, "warning");
  assert.equal(
    check.found,
    "an NVIDIA driver, CUDA 12: /a/libcudart.so.12, no ptxas",
  );
  assert.match(check.advice!, /pip install tensorflow\[and-cuda\]/);
});

Deno.test("wheels beside TensorFlow's folder are found", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/nvidia/cudnn/lib`, { recursive: true });
  const cudnn = `${folder}/nvidia/cudnn/lib/libcudnn.so.9`;
  await Deno.writeTextFile(cudnn, "");
  const { driver, parts } = await findCuda(
    `${folder}/tensorflow/libtensorflow_cc.so.2`,
    true,
  );
  assert.equal(driver, true);
  assert.equal(parts["cuDNN 9"], cudnn);
  await Deno.remove(folder, { recursive: true });
});
