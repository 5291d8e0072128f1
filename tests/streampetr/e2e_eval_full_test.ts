import { R50_704 } from "../../models/streampetr/config.ts";
import { useTensorFlow } from "../support/backend.ts";
import { checkStream } from "./e2e.ts";

await useTensorFlow();

Deno.test("e2e_full_eval: two frames at the published size", () =>
  checkStream({
    fixture: "e2e_full_eval",
    config: {
      ...R50_704,
      queries: 300,
      propagated: 128,
      memory: 512,
      topk: 128,
    },
    images: [0, 1].map((k) => `e2efull/img/scene_l/${k}`),
    bounds: [2e-5, 1e-4],
  }));
