/**
 * Toy stages: a bakery. Each notes its name in calls.txt when it works.
 * @module
 */

const HEAD = `
import { z } from "zod";
import { defineStage } from "STAGE";
const note = (name: string) =>
  Deno.writeTextFileSync("calls.txt", name + "\\n", { append: true });
`;

/** Stage files and a config: dough → bread → price. */
export const BAKERY: Record<string, string> = {
  "stages/dough.ts": `${HEAD}
import { weigh } from "./scales.ts";
import type { Flour } from "./flour.ts";
export default defineStage({
  description: "mix flour and water",
  version: 1,
  config: z.strictObject({
    flour: z.number().positive().default(500),
    water: z.number().positive().default(300),
    threads: z.number().default(1),
  }),
  inputs: [],
  untracked: ["threads"],
  async run({ config, output }) {
    note("dough");
    const grams: Flour = weigh(config.flour) + config.water;
    await Deno.writeTextFile(output + "/dough.txt", String(grams));
  },
});
`,
  "stages/scales.ts": "export const weigh = (grams: number) => grams;\n",
  "stages/flour.ts": "export type Flour = number;\n",
  "stages/bread.ts": `${HEAD}
export default defineStage({
  description: "bake the dough",
  version: 1,
  config: z.strictObject({ minutes: z.int().default(40) }),
  inputs: ["dough"],
  async run({ config, inputs, output }) {
    note("bread");
    const grams = Number(await Deno.readTextFile(inputs.dough + "/dough.txt"));
    const size = grams > 700 ? "large" : "small";
    await Deno.writeTextFile(output + "/bread.txt", size);
    if (config.minutes > 60) throw new Error("burnt");
  },
});
`,
  "stages/price.ts": `${HEAD}
export default defineStage({
  description: "name a price",
  version: 1,
  config: z.strictObject({ currency: z.enum(["EUR", "CHF"]).default("EUR") }),
  inputs: ["bread"],
  async run({ config, inputs, output, emit }) {
    note("price");
    const size = await Deno.readTextFile(inputs.bread + "/bread.txt");
    const price = size === "large" ? 4 : 3;
    await Deno.writeTextFile(output + "/price.txt", price + config.currency);
    emit({ type: "scalars", step: 1, values: { loss: price, lr: 0.5 } });
    emit({
      type: "table",
      title: "Prices",
      columns: ["bread", "price"],
      rows: [[size, price]],
    });
  },
});
`,
  "bakery.yaml": `# Bread for all.
stages:
  dough:
    uses: ./stages/dough.ts
    with: { flour: 500, water: 300 }
  bread:
    uses: ./stages/bread.ts
    needs: { dough: dough }
  price:
    uses: ./stages/price.ts
    needs: [bread]
`,
};
