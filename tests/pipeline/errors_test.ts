import assert from "node:assert/strict";
import { BAKERY } from "./bakery.ts";
import { Project } from "./rig.ts";

/** Runs configs of one project; each must end with 2 and this very text. */
async function refuses(
  cases: { files: Record<string, string>; args: string[]; text: string }[],
): Promise<void> {
  using project = new Project(BAKERY);
  for (const { files, args, text } of cases) {
    for (const [path, content] of Object.entries(files)) {
      project.write(path, content);
    }
    const { code, stdout, stderr } = await project.run(...args);
    assert.equal(stderr.replaceAll(project.folder, "PROJECT"), text);
    assert.equal(stdout, "");
    assert.equal(code, 2);
    assert.deepEqual(project.calls(), []);
  }
}

Deno.test("settings: unknown keys, wrong types and values, all at once", () =>
  refuses([{
    files: {
      "c.yaml": `extends: ./bakery.yaml
descripton: sour
stages:
  dough:
    with:
      flower: 400
      water: "much"
      threads: [1, 2]
  bread:
    with: { minutes: 40.5 }
  price:
    with:
      currency: USD
`,
    },
    args: ["c.yaml", "dough.flour=-1", "bread.minuets=3"],
    text: `c.yaml:2:1 Unknown key "descripton", did you mean "description"?
    descripton: sour
    ~~~~~~~~~~

c.yaml:6:7 Unknown key "flower" in dough, did you mean "flour"?
          flower: 400
          ~~~~~~

c.yaml:7:14 Found "much" for dough.water, expected a number
          water: "much"
                 ~~~~~~

c.yaml:8:7 Found a list of 2 for dough.threads, expected a number
          threads: [1, 2]
          ~~~~~~~

c.yaml:10:22 Found 40.5 for bread.minutes, expected a whole number
        with: { minutes: 40.5 }
                         ~~~~

c.yaml:13:17 Found "USD" for price.currency, expected "EUR" or "CHF"
          currency: USD
                    ~~~

command line: Found -1 for dough.flour, expected a number > 0
    dough.flour=-1
                ~~

command line: Unknown key "minuets" in bread, did you mean "minutes"?
    bread.minuets=3
          ~~~~~~~
`,
  }]));

Deno.test("stages: cycles, needs, files and modules", () =>
  refuses([
    {
      files: {
        "cycle.yaml": `stages:
  dough:
    uses: ./stages/bread.ts
    needs: { dough: price }
  bread: { uses: ./stages/bread.ts, needs: [dough] }
  price: { uses: ./stages/price.ts, needs: { bread: bread } }
`,
      },
      args: ["cycle.yaml"],
      text:
        `cycle.yaml:4:21 Stages need each other in a circle: dough → price → bread → dough
        needs: { dough: price }
                        ~~~~~
  cycle.yaml:6:53 where price needs bread
      price: { uses: ./stages/price.ts, needs: { bread: bread } }
                                                        ~~~~~
  cycle.yaml:5:45 where bread needs dough
      bread: { uses: ./stages/bread.ts, needs: [dough] }
                                                ~~~~~
`,
    },
    {
      // One need that closes two circles is one mistake.
      files: {
        "circles.yaml": `stages:
  dough: { uses: ./stages/bread.ts, needs: { dough: price } }
  bread: { uses: ./stages/bread.ts, needs: [dough] }
  price: { uses: ./stages/price.ts, needs: { bread: bread, dough: dough } }
`,
      },
      args: ["circles.yaml"],
      text:
        `circles.yaml:2:53 Stages need each other in a circle: dough → price → bread → dough
      dough: { uses: ./stages/bread.ts, needs: { dough: price } }
                                                        ~~~~~
  circles.yaml:4:53 where price needs bread
      price: { uses: ./stages/price.ts, needs: { bread: bread, dough: dough } }
                                                        ~~~~~
  circles.yaml:3:45 where bread needs dough
      bread: { uses: ./stages/bread.ts, needs: [dough] }
                                                ~~~~~

circles.yaml:4:60 Stage "price" has no input "dough", expected "bread"
      price: { uses: ./stages/price.ts, needs: { bread: bread, dough: dough } }
                                                               ~~~~~
`,
    },
    {
      files: {
        "stages/plain.ts": "export const price = 3;\n",
        "stages/half.ts": `export default { description: "half" };\n`,
        "stages/broken.ts": `import { nothing } from "./scales.ts";
export default nothing;
`,
        "wrong.yaml": `stages:
  dough: { uses: ./stages/doug.ts }
  bread: { uses: ./stages/bread.ts, needs: { dough: duogh } }
  price: { uses: ./stages/price.ts }
  other: { uses: ./stages/price.ts, needs: { bread: bread, butter: dough } }
  plain: { uses: ./stages/plain.ts }
  half: { uses: ./stages/half.ts }
  broken: { uses: ./stages/broken.ts }
  empty: { needs: [dough] }
  runs: { use: ./stages/dough.ts }
  list: [1, 2]
`,
      },
      args: ["wrong.yaml"],
      text:
        `wrong.yaml:2:18 Stage "dough" uses the file ./stages/doug.ts, which does not exist, did you mean ./stages/dough.ts?
      dough: { uses: ./stages/doug.ts }
                     ~~~~~~~~~~~~~~~~

wrong.yaml:3:53 Stage "bread" needs the stage "duogh", which does not exist, did you mean "dough"?
      bread: { uses: ./stages/bread.ts, needs: { dough: duogh } }
                                                        ~~~~~

wrong.yaml:4:3 Stage "price" lacks its input "bread"; bind it under needs, such as needs: { bread: <stage> }
      price: { uses: ./stages/price.ts }
      ~~~~~

wrong.yaml:5:60 Stage "other" has no input "butter", expected "bread"
      other: { uses: ./stages/price.ts, needs: { bread: bread, butter: dough } }
                                                               ~~~~~~

wrong.yaml:6:18 ./stages/plain.ts has no stage as its default export: it exports no default; write \`export default defineStage({ … })\`
      plain: { uses: ./stages/plain.ts }
                     ~~~~~~~~~~~~~~~~~

wrong.yaml:7:17 ./stages/half.ts has no stage as its default export: version is no number; write \`export default defineStage({ … })\`
      half: { uses: ./stages/half.ts }
                    ~~~~~~~~~~~~~~~~

wrong.yaml:8:19 Cannot load ./stages/broken.ts: The requested module './scales.ts' does not provide an export named 'nothing' at file://PROJECT/stages/broken.ts:1:10
      broken: { uses: ./stages/broken.ts }
                      ~~~~~~~~~~~~~~~~~~

wrong.yaml:9:3 Stage "empty" has no key uses, expected the path of its file, such as ./stages/train.ts
      empty: { needs: [dough] }
      ~~~~~

wrong.yaml:10:3 No stage can be called "runs": the store uses this folder
      runs: { use: ./stages/dough.ts }
      ~~~~

wrong.yaml:10:3 Stage "runs" has no key uses, expected the path of its file, such as ./stages/train.ts
      runs: { use: ./stages/dough.ts }
      ~~~~

wrong.yaml:10:11 Unknown key "use" in the stage "runs", did you mean "uses"?
      runs: { use: ./stages/dough.ts }
              ~~~

wrong.yaml:11:9 Found a list of 2 for the stage "list", expected a map with the key uses
      list: [1, 2]
            ~~~~~~
`,
    },
  ]));

Deno.test("files: YAML, extends, missing files and commands", () =>
  refuses([
    {
      files: {
        "syntax.yaml": `stages:
  dough: { uses: ./stages/dough.ts
  bread:
\tuses: ./stages/bread.ts
  dough: 3
`,
      },
      args: ["syntax.yaml"],
      text:
        `syntax.yaml:3:3 Cannot parse YAML: flow map in block collection must be sufficiently indented and end with a }
      bread:
      ~

syntax.yaml:4:1 Cannot parse YAML: tabs are not allowed as indentation
    	uses: ./stages/bread.ts
    ~

syntax.yaml:4:8 Cannot parse YAML: nested mappings are not allowed in compact mappings
    	uses: ./stages/bread.ts
    	      ~

syntax.yaml:4:8 Cannot parse YAML: implicit keys need to be on a single line
    	uses: ./stages/bread.ts
    	      ~~~~~~~~~~~~~~~~~
`,
    },
    {
      files: {
        "a.yaml": "extends: ./sub/b.yaml\n",
        "sub/b.yaml": "extends: ../a.yaml\n",
      },
      args: ["a.yaml"],
      text: `a.yaml:1:10 extends goes in a circle: a.yaml → sub/b.yaml → a.yaml
    extends: ./sub/b.yaml
             ~~~~~~~~~~~~
  sub/b.yaml:1:10 which extends
    extends: ../a.yaml
             ~~~~~~~~~
`,
    },
    {
      files: { "orphan.yaml": "extends: ./bakry.yaml\n" },
      args: ["orphan.yaml"],
      text:
        `orphan.yaml:1:10 Found no config "bakry.yaml", did you mean "bakery.yaml"?
    extends: ./bakry.yaml
             ~~~~~~~~~~~~
`,
    },
    {
      files: {},
      args: ["statsu"],
      text: `Found no config "statsu", did you mean status?
`,
    },
    {
      files: {},
      args: ["bakry.yaml"],
      text: `Found no config "bakry.yaml", did you mean "bakery.yaml"?
`,
    },
    {
      files: { "list.yaml": "- 1\n" },
      args: ["list.yaml"],
      text: `list.yaml:1:1 Found no map, expected the key stages
    - 1
    ~~~
`,
    },
    {
      files: { "empty.yaml": "\n" },
      args: ["empty.yaml"],
      text: `empty.yaml:1:1 Found no map, expected the key stages
    
    ~
`,
    },
    {
      files: { "none.yaml": "name: x\n" },
      args: ["none.yaml"],
      text: `none.yaml:1:1 Found no key stages, expected a map of stages
    name: x
    ~
`,
    },
    {
      files: {},
      args: [
        "bakery.yaml",
        "duogh.flour=3",
        "dough",
        "dough=3",
        "price.currency=[",
        "bread.minutes=soon",
        "price.currency=",
        "dough.water= # how much?",
      ],
      text: `command line: Found no stage "duogh", did you mean "dough"?
    duogh.flour=3
    ~~~~~

command line: Found no stage.key=value, expected one such as train.lr=1e-4
    dough
    ~~~~~

command line: Found no setting of dough, expected dough.<key>=<value>
    dough=3
    ~~~~~

command line: Cannot parse YAML: flow sequence must end with a ]
    price.currency=[
                    ~

command line: Found no value after price.currency=, expected one; write null for none, or '""' for an empty text
    price.currency=
                  ~

command line: Found no value after dough.water=, expected one; write null for none, or '""' for an empty text
    dough.water= # how much?
               ~

command line: Found "soon" for bread.minutes, expected a number
    bread.minutes=soon
                  ~~~~
`,
    },
    {
      files: {},
      args: ["bakery.yaml", "--only", "doh"],
      text: `Found no stage "doh", expected one of dough, bread, price
`,
    },
    {
      files: {},
      args: ["bakery.yaml", "--only", "dough", "--from", "bread"],
      text:
        `Found no stage to run: --only leaves dough; --from bread leaves bread, price; no stage is in both. Drop one of the options
`,
    },
    {
      files: {},
      args: [
        "bakery.yaml",
        ...["--only", "bread", "--only", "price"],
        ...["--from", "bread", "--until", "dough", "--dry-run"],
      ],
      text:
        `Found no stage to run: --only leaves bread, price; --from bread leaves bread, price; --until dough leaves dough; no stage is in all of them. Drop one of the options
`,
    },
    {
      files: {},
      args: ["bakery.yaml", "--onyl", "dough"],
      text: `error: unknown option '--onyl'
(Did you mean --only?)
Run with --help for what there is
`,
    },
  ]));
