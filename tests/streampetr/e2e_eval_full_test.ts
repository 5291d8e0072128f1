import { useTensorFlow } from "../support/backend.ts";
import { checkStream } from "./e2e.ts";
import { FULL } from "./streams.ts";

await useTensorFlow();

Deno.test("e2e_full_eval: two frames at the published size", () =>
  checkStream(FULL));
