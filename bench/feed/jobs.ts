/**
 * The images of a frame, and how they become network input.
 * @module
 */
import {
  type ImageJob,
  IMAGENET_RGB,
  type View,
} from "../../nusc/loader/mod.ts";
import { CAMERAS } from "../../nusc/mod.ts";

/** Pixels of the network's input. */
export const HEIGHT = 256;
/** Pixels of the network's input. */
export const WIDTH = 704;

/** Scales over the range of training, crops and flips in turn. */
function viewOf(frame: number): View {
  const resize = 0.38 + 0.17 * ((frame * 7) % 20) / 19;
  const resizedWidth = Math.trunc(1600 * resize);
  const resizedHeight = Math.trunc(900 * resize);
  return {
    ...{ resize, resizedWidth, resizedHeight },
    left: Math.trunc(Math.max(0, resizedWidth - WIDTH) / 2),
    top: resizedHeight - HEIGHT,
    ...{ width: WIDTH, height: HEIGHT, flip: frame % 2 === 1, rotate: 0 },
  };
}

/** The jobs of any frame of the images below a folder. */
export function imageJobs(root: string): (frame: number) => ImageJob[] {
  const files = CAMERAS.map((camera) =>
    [...Deno.readDirSync(`${root}/samples/${camera}`)]
      .map(({ name }) => `${root}/samples/${camera}/${name}`).sort()
  );
  return (frame) => {
    const view = viewOf(frame);
    const size = { width: 1600, height: 900 };
    return files.map((paths) => {
      const path = paths[frame % paths.length]!;
      return { path, ...size, view, normalization: IMAGENET_RGB };
    });
  };
}
