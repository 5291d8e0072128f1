/**
 * Bytes of a pickle, with Python's integers of any size. The parser's own
 * reader takes long integers as unsigned and none of more than eight bytes,
 * such as the states of random generators have.
 * @module
 */
import { BufferReader } from "pickleparser";

/** Opcodes (Lib/pickletools.py of CPython) of long integers and of floats. */
const LONG1 = 0x8a;
const LONG4 = 0x8b;
const BINFLOAT = 0x47;

/** Opcodes whose operand the parser reads by `byte()`. */
const BYTE_OPERAND = new Set(
  // PROTO, BINPUT, BINGET, BININT1, and the lengths and codes of one byte.
  [0x80, 0x71, 0x68, 0x4b, 0x43, 0x55, 0x8c, 0x82],
);

/** Hands a long integer to the parser as if it were a float. */
export class PickleReader extends BufferReader {
  #operand = false;
  #long: number | bigint | null = null;

  /** The next opcode, or the operand of the last one. */
  override byte(): number {
    const value = super.byte();
    if (this.#operand) {
      this.#operand = false;
      return value;
    }
    if (value === LONG1 || value === LONG4) {
      const size = value === LONG1 ? super.byte() : super.uint32();
      this.#long = integerOf(super.bytes(size) as Uint8Array);
      return BINFLOAT;
    }
    this.#operand = BYTE_OPERAND.has(value);
    return value;
  }

  /** A float, or the long integer that stands in for one. */
  override float64(): number {
    if (this.#long === null) return super.float64();
    const long = this.#long;
    this.#long = null;
    return long as number;
  }
}

/** Little-endian, two's complement; a bigint where a number is too small. */
export function integerOf(bytes: Uint8Array): number | bigint {
  const hex = [...bytes].reverse()
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex || "0"}`));
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : value;
}
