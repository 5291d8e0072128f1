/**
 * TensorBoard's event files, written by hand: TFRecords (tensorflow/core/lib/
 * io/record_writer) of `Event` messages (tensorflow/core/util/event.proto).
 * @module
 */
import { maskedCrc32c } from "./crc32c.ts";

const encoder = new TextEncoder();

/** Record of the event that opens a file. */
export function versionRecord(wallTime: number): Uint8Array {
  return record([
    ...double(1, wallTime),
    ...text(3, "brain.Event:2"),
  ]);
}

/** Record of the scalars of one step. @param wallTime seconds since 1970 */
export function scalarsRecord(
  wallTime: number,
  step: number,
  values: Record<string, number>,
): Uint8Array {
  // Event.summary (5) holds a Summary, whose values (1) hold tag and number.
  const summary = Object.entries(values).flatMap(([tag, value]) =>
    field(1, [...text(1, tag), ...float(2, value)])
  );
  return record([
    ...double(1, wallTime),
    ...tag(2, 0),
    ...varint(step),
    ...field(5, summary),
  ]);
}

/** Length and data, each followed by its checksum. */
function record(message: number[]): Uint8Array {
  const bytes = new Uint8Array(message.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(message, 12);
  const data = bytes.subarray(12, 12 + message.length);
  view.setUint32(12 + message.length, maskedCrc32c(data), true);
  return bytes;
}

function tag(number: number, wire: number): number[] {
  return [number << 3 | wire];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push(rest % 128 | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function field(number: number, bytes: readonly number[]): number[] {
  return [...tag(number, 2), ...varint(bytes.length), ...bytes];
}

function text(number: number, value: string): number[] {
  return field(number, [...encoder.encode(value)]);
}

function double(number: number, value: number): number[] {
  return [...tag(number, 1), ...new Uint8Array(Float64Array.of(value).buffer)];
}

function float(number: number, value: number): number[] {
  return [...tag(number, 5), ...new Uint8Array(Float32Array.of(value).buffer)];
}
