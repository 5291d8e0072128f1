/**
 * The TensorFlow context of the process: its devices and its threads.
 * @module
 */
import { type Address, type CApi, readCString } from "./capi.ts";

/** Where operations run. */
export interface Device {
  /** What the engine's device choice looks for. */
  kind: "cpu" | "gpu";
  /** TensorFlow's name for it. */
  name: string;
}

/** An open context. */
export interface Context {
  handle: Address;
  /** Never empty; the CPU comes first. */
  devices: Device[];
}

/**
 * Opens a context.
 * @param threads of one operation and between operations; 0 leaves both to
 *   TensorFlow.
 */
export function openContext(api: CApi, threads: number): Context {
  const { f, status } = api;
  const options = f.TFE_NewContextOptions();
  const config = configProto(threads);
  f.TFE_ContextOptionsSetConfig(options, config, BigInt(config.length), status);
  api.check();
  const handle = f.TFE_NewContext(options, status);
  api.check();
  f.TFE_DeleteContextOptions(options);
  return { handle, devices: listDevices(api, handle) };
}

function listDevices(api: CApi, context: Address): Device[] {
  const { f, status } = api;
  const list = f.TFE_ContextListDevices(context, status);
  api.check();
  const devices: Device[] = [];
  for (let i = 0; i < f.TF_DeviceListCount(list); i++) {
    const type = readCString(f.TF_DeviceListType(list, i, status));
    const name = readCString(f.TF_DeviceListName(list, i, status));
    if (type === "CPU" || type === "GPU") {
      devices.push({ kind: type === "GPU" ? "gpu" : "cpu", name });
    }
  }
  f.TF_DeleteDeviceList(list);
  return devices;
}

/**
 * tensorflow.ConfigProto on the wire: intra_op_parallelism_threads (field 2),
 * inter_op_parallelism_threads (5), gpu_options.allow_growth (6, within 4).
 * Without the last, the first process on a GPU takes all of its memory.
 */
export function configProto(threads: number): Uint8Array<ArrayBuffer> {
  const growth = [6 << 3 | 2, 2, 4 << 3, 1];
  const count = varint(threads);
  const counts = threads > 0 ? [2 << 3, ...count, 5 << 3, ...count] : [];
  return Uint8Array.from([...counts, ...growth]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...varint(value >> 7)];
}
