/**
 * XLA's compiler takes minutes for a training step; what it made is kept from
 * run to run.
 * @module
 */
import process from "node:process";
import { cacheRoot, hasNvidiaDriver } from "./library/mod.ts";

/** The flag of TensorFlow's own cache of compiled functions. */
const FLAG = "--tf_xla_persistent_cache_directory";

/**
 * Has TensorFlow keep compiled functions in the cache, unless TF_XLA_FLAGS
 * names a folder for them. Keys hold the graph, its shapes and the device, so
 * that another network, GPU or TensorFlow compiles anew. To be called before
 * the library is loaded, which reads its flags then.
 */
export function keepCompilations(): void {
  if (!hasNvidiaDriver()) return;
  const flags = process.env.TF_XLA_FLAGS ?? "";
  if (flags.includes(FLAG)) return;
  const folder = `${FLAG}=${cacheRoot()}/xla`;
  process.env.TF_XLA_FLAGS = flags ? `${flags} ${folder}` : folder;
}
