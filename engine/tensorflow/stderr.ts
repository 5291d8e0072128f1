/**
 * TensorFlow writes to the process's standard error while it loads, before any
 * of its settings is read. The program's own loggers are the only ones to
 * print, so what it writes is kept for who asks.
 * @module
 */

const STDERR = 2;
const SYMBOLS = {
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

/** A result and what was written on the way to it. */
export interface Heard<T> {
  result: T;
  log: string;
}

/** Calls a function with standard error going to memory, on Linux. */
export function listen<T>(fn: () => T): Heard<T> {
  if (Deno.build.os !== "linux") return { result: fn(), log: "" };
  const libc = Deno.dlopen("libc.so.6", SYMBOLS);
  const { memfd_create, dup, dup2, close, lseek, read } = libc.symbols;
  const memory = memfd_create(new TextEncoder().encode("stderr\0"), 0);
  const screen = dup(STDERR);
  dup2(memory, STDERR);
  let result: T;
  try {
    result = fn();
  } finally {
    dup2(screen, STDERR);
    close(screen);
  }
  const bytes = new Uint8Array(1 << 16);
  lseek(memory, 0n, 0);
  const count = Number(read(memory, bytes, BigInt(bytes.length)));
  close(memory);
  libc.close();
  const log = new TextDecoder().decode(bytes.subarray(0, Math.max(count, 0)));
  return { result, log };
}
