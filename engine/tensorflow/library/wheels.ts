/**
 * The TensorFlow wheels that the cache is filled from, by machine. Their
 * Python version is of no matter: nothing of Python in them is used.
 *
 * sha256: as the package index reports them to pip; those of the x86_64 wheels
 * were computed from the files as well.
 * @module
 */

/** A wheel, pinned. */
export interface Wheel {
  package: string;
  version: string;
  /** Folder of the cache: the version, and what sets it apart. */
  folder: string;
  /** pip's platform tag. */
  platform: string;
  /** pip's Python version. */
  python: string;
  sha256: string;
  /** Size for the progress display. */
  bytes: number;
  /** Files that are unpacked; the first is the library to open. */
  members: string[];
}

const COMMON = {
  version: "2.21.0",
  python: "3.11",
  members: [
    "tensorflow/libtensorflow_cc.so.2",
    "tensorflow/libtensorflow_framework.so.2",
  ],
};

const WHEELS: Record<string, Wheel> = {
  "x86_64-cpu": {
    ...COMMON,
    package: "tensorflow-cpu",
    folder: "2.21.0-cpu",
    platform: "manylinux_2_27_x86_64",
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    bytes: 273_829_956,
  },
  "x86_64-gpu": {
    ...COMMON,
    package: "tensorflow",
    folder: "2.21.0-gpu",
    platform: "manylinux_2_27_x86_64",
    sha256: "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124",
    bytes: 572_440_367,
  },
  "aarch64-cpu": {
    ...COMMON,
    package: "tensorflow",
    folder: "2.21.0-cpu",
    platform: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    bytes: 281_800_000,
  },
};

/**
 * The wheel for this machine, or null where none is known: on macOS,
 * `pip install tensorflow` brings a library that is found there.
 */
export function wheelFor(
  { os, arch }: { os: string; arch: string } = Deno.build,
  gpu: boolean = hasNvidiaDriver(),
): Wheel | null {
  if (os !== "linux") return null;
  const best = gpu ? WHEELS[`${arch}-gpu`] : undefined;
  return best ?? WHEELS[`${arch}-cpu`] ?? null;
}

/**
 * Whether an NVIDIA driver is installed, on Linux or under WSL: its library
 * is looked for, since Deno refuses /proc and /dev without all permissions.
 */
export function hasNvidiaDriver(): boolean {
  const marks = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
    "/usr/lib/wsl/lib",
  ].map((folder) => `${folder}/libcuda.so.1`);
  return marks.some((path) => {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
