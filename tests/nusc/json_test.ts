import assert from "node:assert/strict";
import {
  indexTokens,
  pythonJson,
  readToken,
  Scanner,
  tokenText,
} from "../../nusc/json/mod.ts";
import { parsePython } from "./support.ts";

/** Scans a text with a buffer that is far too small. */
function scan<T>(
  text: string | Uint8Array,
  work: (scanner: Scanner) => T,
  chunk = 7,
): T {
  const path = Deno.makeTempFileSync();
  try {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    Deno.writeFileSync(path, bytes);
    using scanner = new Scanner(path, {
      error: (message) => new Error(message.replace(path, "FILE")),
      remedy: "Write it again",
      chunk,
    });
    return work(scanner);
  } finally {
    Deno.removeSync(path);
  }
}

function numbers(text: string): number[] {
  return scan(text, (scanner) => {
    const out: number[] = [];
    scanner.atomic(() => scanner.beginList("numbers"));
    while (
      scanner.atomic(() => {
        if (!scanner.nextItem(out.length === 0)) return false;
        out.push(scanner.number("a number"));
        return true;
      })
    );
    return out;
  });
}

Deno.test("numbers are rounded as JSON.parse rounds them", () => {
  let state = 1;
  const random = () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32;
  };
  const texts = ["0", "-0", "0.0", "1e3", "1E-7", "5e-324", "1.5e308", "0.1"];
  for (let i = 0; i < 20000; i++) {
    const value = (random() - 0.5) * 10 ** Math.floor(random() * 12 - 5);
    const digits = Math.floor(random() * 21);
    texts.push(String(value), value.toFixed(digits), value.toExponential());
    texts.push(`${Math.floor(random() * 2 ** 32)}${i}.${state}${i % 97}`);
  }
  const actual = numbers(`[${texts.join(", ")}]`);
  assert.equal(actual.length, texts.length);
  texts.forEach((text, i) => {
    assert(Object.is(actual[i], Number(text)), `${text}: ${actual[i]}`);
  });
});

Deno.test("numbers between two floats go to the even one", () => {
  const texts = [
    "9007199254740993",
    "9007199254740993.0",
    "900719925474099.25",
    "1.00000000000000011102230246251565",
    "1.000000000000000111",
    "4503599627370497.5",
  ];
  assert.deepEqual(numbers(`[${texts}]`), texts.map(Number));
});

Deno.test("what is no number is refused with its place", () => {
  for (
    const text of ["NaN", "-Infinity", "null", '"1"', ".5", "1.", "1e", "-"]
  ) {
    assert.throws(() => numbers(`[1,\n ${text}, 2]`), (error: Error) => {
      assert.match(error.message, /expected a number as a finite number/);
      assert.match(error.message, /FILE:2:\d/);
      return true;
    });
  }
});

Deno.test("values of any form survive a buffer of any size", () => {
  const value = {
    text: 'a "quoted" \\ line\n and é 漢 😀',
    list: [1, -2.5e-3, true, false, null, [], {}, [[["deep"]]]],
    empty: "",
  };
  for (let chunk = 1; chunk < 40; chunk++) {
    const text = JSON.stringify(value, null, chunk % 3);
    const found = scan(
      text,
      (scanner) => {
        const found = scanner.atomic(() => scanner.value());
        assert(scanner.done());
        return found;
      },
      chunk,
    );
    assert.deepEqual(found, value);
  }
});

Deno.test("a file that ends early is told from one that is wrong", () => {
  const whole = '{"a": [1, "two", true, {"b": 3.25}]}';
  for (let length = 1; length < whole.length; length++) {
    assert.throws(
      () =>
        scan(
          whole.slice(0, length),
          (scanner) => scanner.atomic(() => scanner.value()),
        ),
      /The file ends in the middle of a value in FILE:1:\d+\. Write it again/,
    );
  }
  assert.throws(
    () => scan("[1 2]", (scanner) => scanner.atomic(() => scanner.value())),
    /Found 2, expected , or \] in FILE:1:4/,
  );
});

Deno.test("an empty file is told from one that ends early", () => {
  for (const work of ["value", "peek"] as const) {
    assert.throws(
      () => scan("", (scanner) => scanner.atomic(() => scanner[work]())),
      /^Error: The file is empty in FILE:1:1\. Write it again$/,
    );
  }
});

Deno.test("values in values in values end somewhere", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const read = (text: string) =>
    scan(`{"a": ${text}}`, (scanner) => scanner.atomic(() => scanner.value()));
  assert.deepEqual(read(nested(400)), { a: JSON.parse(nested(400)) });
  assert.throws(
    () => read(nested(100_000)),
    /Found \[+, expected at most 500 nested values in FILE:1:507\. Write/,
  );
});

Deno.test("text that is no UTF-8 is refused with its place", () => {
  const text = [...new TextEncoder().encode('{"a":\n "caf?"}')]
    .map((byte) => byte === 0x3f ? 0xe9 : byte);
  for (const chunk of [1, 7, 100]) {
    assert.throws(
      () =>
        scan(Uint8Array.from(text), (scanner) => {
          scanner.atomic(() => scanner.beginObject("it"));
          scanner.atomic(() => scanner.nextMember(true));
          scanner.atomic(() => scanner.string("a key"));
          scanner.atomic(() => scanner.colon());
          scanner.atomic(() => scanner.string("a name"));
        }, chunk),
      /Found caf\ufffd".*, expected text in UTF-8 in FILE:2:3\. Write it again/,
    );
  }
});

Deno.test("what follows the end is refused", () => {
  for (const chunk of [1, 2, 3, 100]) {
    assert.throws(
      () =>
        scan("[1]\n x", (scanner) => {
          scanner.atomic(() => scanner.value());
          scanner.finish();
        }, chunk),
      /Found x, expected the end of the file in FILE:2:2/,
    );
  }
});

Deno.test("tokens of any form come back and are found", () => {
  const tokens = [
    "0123456789abcdef0123456789abcdef",
    "ffffffffffffffffffffffffffffffff",
    "00000000000000000000000000000000",
    "0123456789ABCDEF0123456789abcdef",
    "`123456789abcdef0123456789abcdef",
    "0123456789abcdeg0123456789abcdef",
    "",
    "4",
    "a token",
    "é",
  ];
  const words = scan(JSON.stringify(tokens), (scanner) => {
    const words = new Int32Array(4 * tokens.length);
    let row = 0;
    scanner.atomic(() => scanner.beginList("tokens"));
    while (
      scanner.atomic(() => {
        if (!scanner.nextItem(row === 0)) return false;
        readToken(scanner, words.subarray(4 * row, 4 * row + 4), "a token");
        return true;
      })
    ) row++;
    return words;
  });
  const index = indexTokens(tokens);
  tokens.forEach((token, row) => {
    assert.equal(tokenText(words, row), token);
    assert.equal(index.find(words, 4 * row), row);
    assert.equal(index.findText(token), row);
  });
  assert.equal(index.findText("another"), -1);
});

Deno.test("metrics are written as Python writes them", () => {
  const value = {
    a: NaN,
    b: [1, -Infinity],
    c: new Float64Array([0.5]),
    d: {},
  };
  assert.equal(
    pythonJson(value, 0),
    '{"a": NaN, "b": [1, -Infinity], "c": [0.5], "d": {}}',
  );
  assert.deepEqual(parsePython(pythonJson({ a: [NaN, "x"] })), {
    a: [null, "x"],
  });
});
