import { useTensorFlow } from "../support/backend.ts";
import { checkStream } from "./e2e.ts";
import { FAR, NEAR } from "./streams.ts";

await useTensorFlow();

Deno.test("e2e_small_near: three frames near the global origin", () =>
  checkStream(NEAR));

Deno.test("e2e_small_eval: three frames far from it, then a new scene", () =>
  checkStream(FAR));
