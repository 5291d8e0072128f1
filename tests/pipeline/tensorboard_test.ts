import assert from "node:assert/strict";
import { crc32c, maskedCrc32c } from "../../pipeline/loggers/crc32c.ts";
import {
  scalarsRecord,
  versionRecord,
} from "../../pipeline/loggers/tensorboard.ts";
import { BAKERY } from "./bakery.ts";
import { Project } from "./rig.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("crc32c() gives the values of RFC 3720", () => {
  assert.equal(crc32c(encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(
    crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)),
    0x46dd794e,
  );
});

type Field = { number: number; value: number | Uint8Array };

/** Fields of a protocol buffer message. */
function* fields(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: view.getFloat64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = varint();
        yield { number, value: message.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { number, value: view.getFloat32(at, true) };
        at += 4;
        break;
      default:
        assert.fail(`wire type ${tag & 7}`);
    }
  }
}

/** Messages of a TFRecord file, their checksums checked. */
function* records(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const head = file.subarray(at, at + 8);
    assert.equal(view.getUint32(at + 8, true), maskedCrc32c(head));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.equal(view.getUint32(at + 12 + length, true), maskedCrc32c(data));
    yield data;
    at += length + 16;
  }
}

/** Step and scalars of an event. */
function scalars(event: Uint8Array): [number, Record<string, number>] {
  let step = 0;
  const values: Record<string, number> = {};
  for (const { number, value } of fields(event)) {
    if (number === 2) step = value as number;
    if (number !== 5) continue;
    for (const summary of fields(value as Uint8Array)) {
      const parts = new Map(
        [...fields(summary.value as Uint8Array)].map((
          f,
        ) => [f.number, f.value]),
      );
      const tag = new TextDecoder().decode(parts.get(1) as Uint8Array);
      values[tag] = parts.get(2) as number;
    }
  }
  return [step, values];
}

Deno.test("event records hold version, time, step and scalars", () => {
  const [version] = [...records(versionRecord(1.5))];
  const [time, text] = [...fields(version!)];
  assert.deepEqual(time, { number: 1, value: 1.5 });
  assert.equal(text!.number, 3);
  assert.equal(
    new TextDecoder().decode(text!.value as Uint8Array),
    "brain.Event:2",
  );

  // A step beyond 32 bits, a long name, values that are no numbers.
  const step = 2 ** 40 + 300;
  const values = { ["n".repeat(200)]: 0.5, loss: -Infinity };
  const [event] = [...records(scalarsRecord(2.5, step, values))];
  assert.deepEqual(scalars(event!), [step, values]);
});

Deno.test("a run writes scalars as JSON lines and as TensorBoard events", async () => {
  using project = new Project(BAKERY);
  const { code } = await project.run("bakery.yaml");
  assert.equal(code, 0);
  const folder = "artifacts/latest/price";
  assert.equal(
    project.read(`${folder}/scalars.json`),
    '{"loss":4,"lr":0.5,"step":1}\n',
  );
  assert.equal(project.read(`${folder}/artifact/price.txt`), "4EUR");
  const [name] = project.list(folder).filter((file) =>
    file.startsWith("events.out.tfevents.")
  );
  const path = `${project.folder}/${folder}/${name}`;
  const [, event, ...rest] = [...records(Deno.readFileSync(path))];
  assert.deepEqual(rest, []);
  assert.deepEqual(scalars(event!), [1, { loss: 4, lr: 0.5 }]);
  const log = project.read("artifacts/latest/log.txt");
  assert.match(
    log,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d dough runs: has not run yet\n/,
  );
  assert.match(log, /Done in .*: 3 ran\n$/);
});
