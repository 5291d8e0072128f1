import { useTensorFlow } from "../support/backend.ts";
import { SMALL } from "../support/detector.ts";
import { checkStream } from "./e2e.ts";

await useTensorFlow();

Deno.test("e2e_small_near: three frames near the global origin", () =>
  checkStream({
    fixture: "e2e_small_near",
    config: SMALL,
    images: [0, 1, 2].map((k) => `e2e/img/scene_n/${k}`),
    bounds: [2e-5, 1e-4, 1e-4],
  }));

// A kilometre from the origin the reference's own float32 poses are wrong by
// 1e-4 m, which the motion code multiplies by 32.
Deno.test("e2e_small_eval: three frames far from it, then a new scene", () =>
  checkStream({
    fixture: "e2e_small_eval",
    config: SMALL,
    images: [
      ...[0, 1, 2].map((k) => `e2e/img/scene_a/${k}`),
      "e2e/img/scene_b/0",
    ],
    bounds: [2e-5, 5e-3, 5e-3, 2e-5],
  }));
