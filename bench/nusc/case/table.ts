/**
 * Tables as nuScenes lays them out, every value on a line of its own, written
 * as their rows come.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";

/** A value of a table. */
export type Value = string | number | boolean | readonly Value[];

/** Characters gathered before they are written. */
const CHUNK = 1 << 20;

/** A table that grows row by row. */
export class Table {
  readonly #file: number;
  #text = "[";
  /** Rows so far. */
  rows = 0;

  constructor(folder: string, name: string) {
    this.#file = openSync(`${folder}/${name}.json`, "w");
  }

  /** Adds a row. */
  add(row: Readonly<Record<string, Value>>): void {
    let text = this.rows++ ? ",\n{" : "\n{";
    let comma = "\n";
    for (const name in row) {
      text += `${comma}"${name}": ${layout(row[name]!)}`;
      comma = ",\n";
    }
    this.#text += `${text}\n}`;
    if (this.#text.length >= CHUNK) this.#flush();
  }

  /** Ends the list and closes the file. */
  [Symbol.dispose](): void {
    this.#text += "\n]\n";
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#text);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file, bytes, done);
    }
    this.#text = "";
  }
}

function layout(value: Value): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value !== "object") return `${value}`;
  return value.length ? `[\n${value.map(layout).join(",\n")}\n]` : "[]";
}
