/**
 * Pixels against Pillow's, equal to the bit; pillow/make.py recorded them.
 */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import {
  ImageReader,
  type Normalization,
  planResize,
  type Resample,
  Resampler,
  type View,
} from "../../nusc/loader/mod.ts";

interface Recording {
  resize: {
    source: [number, number];
    size: [number, number];
    seed: number;
    hard: boolean;
    pixels: string;
  }[];
  jpeg: string;
  views: (View & { pixels: string })[];
}

const folder = new URL("./pillow/", import.meta.url);
const recording: Recording = JSON.parse(
  new TextDecoder().decode(
    gunzipSync(Deno.readFileSync(new URL("pillow.json.gz", folder))),
  ),
);

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The same bytes as make.py's. */
function noise(count: number, seed: number, hard: boolean): Uint8Array {
  let x = BigInt(seed);
  return Uint8Array.from({ length: count }, () => {
    x = (x * 1103515245n + 12345n) & 0x7fffffffn;
    const byte = Number(x >> 16n) & 255;
    return hard ? (byte > 127 ? 255 : 0) : byte;
  });
}

const BYTES: Normalization = { mean: [0, 0, 0], std: [1, 1, 1], order: "rgb" };

for (const { source, size, seed, hard, pixels } of recording.resize) {
  Deno.test(`${source.join("x")} to ${size.join("x")} is Pillow's to the bit`, () => {
    const [width, height] = size;
    const data = noise(source[0] * source[1] * 3, seed, hard);
    const wanted = bytesOf(pixels);
    const half = {
      left: width >> 2,
      top: height >> 1,
      width: Math.ceil(width / 2),
      height: Math.ceil(height / 2),
    };
    const resampler = new Resampler();
    for (const window of [{ left: 0, top: 0, width, height }, half]) {
      const plan = planResize(
        { width: source[0], height: source[1] },
        { width, height },
        window,
      );
      const row = source[0] * 3;
      const { first, count } = plan.rows;
      const result = resampler.resize(
        plan,
        data.subarray(first * row, (first + count) * row),
      );
      for (let y = 0; y < window.height; y++) {
        const from = ((y + window.top) * width + window.left) * 3;
        assert.deepEqual(
          result.data.subarray(y * result.stride).subarray(0, window.width * 3),
          wanted.subarray(from, from + window.width * 3),
        );
      }
    }
  });
}

/** Hands over the recorded JPEG as a file. */
async function withJpeg(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jpg" });
  try {
    await Deno.writeFile(path, bytesOf(recording.jpeg));
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

function jobOf(path: string, view: View, normalization = BYTES) {
  return { path, width: 160, height: 90, view, normalization };
}

for (const cacheBytes of [0, 1e6]) {
  Deno.test(`views of a JPEG are the reference's pixels, cache ${cacheBytes}`, async () => {
    await withJpeg(async (path) => {
      const reader = new ImageReader({ resample: "pillow", cacheBytes });
      // All at once: images under way share the resampler's memory.
      await Promise.all(recording.views.map(async ({ pixels, ...view }) => {
        const wanted = Float32Array.from(bytesOf(pixels));
        const out = new Float32Array(wanted.length + 1).fill(-1);
        for (let repeat = 0; repeat < 2; repeat++) {
          await reader.write(jobOf(path, view), out, 1);
          assert.deepEqual(out.subarray(1), wanted, JSON.stringify(view));
          assert.equal(out[0], -1);
        }
      }));
    });
  });
}

Deno.test("libvips' filter is near Pillow's", async () => {
  await withJpeg(async (path) => {
    const read = async (resample: Resample) => {
      const { pixels: _, ...view } = recording.views[0]!;
      const out = new Float32Array(view.width * view.height * 3);
      await new ImageReader({ resample, cacheBytes: 0 })
        .write(jobOf(path, view), out);
      return out;
    };
    const [pillow, sharp] = [await read("pillow"), await read("sharp")];
    const worst = Math.max(...pillow.map((v, i) => Math.abs(v - sharp[i]!)));
    assert.ok(worst > 0 && worst <= 3, `${worst} grey levels`);
  });
});

Deno.test("channels of V2-99 come blue first, with their own constants", async () => {
  await withJpeg(async (path) => {
    const { pixels, ...view } = recording.views[0]!;
    const rgb = bytesOf(pixels);
    const out = new Float32Array(rgb.length);
    const reader = new ImageReader({ resample: "pillow", cacheBytes: 0 });
    const bgr: Normalization = {
      mean: [103.53, 116.28, 123.675],
      std: [57.375, 57.12, 58.395],
      order: "bgr",
    };
    await reader.write(jobOf(path, view, bgr), out);
    for (let i = 0; i < rgb.length; i += 3) {
      const wanted = [rgb[i + 2]!, rgb[i + 1]!, rgb[i]!].map((value, c) =>
        Math.fround((value - bgr.mean[c]!) / bgr.std[c]!)
      );
      assert.deepEqual([...out.subarray(i, i + 3)], wanted);
    }
  });
});

Deno.test("an image of another size than its infos is named", async () => {
  await withJpeg(async (path) => {
    const { pixels: _, ...view } = recording.views[0]!;
    const reader = new ImageReader({ resample: "pillow", cacheBytes: 0 });
    const job = { ...jobOf(path, view), width: 80, height: 45 };
    await assert.rejects(reader.write(job, new Float32Array(64 * 32 * 3)), {
      name: "DatasetError",
      message: "Found an image of 160x90 pixels, expected 80x45 as when its " +
        `infos were made: ${path}. Run create-data again`,
    });
  });
});
