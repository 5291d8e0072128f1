/**
 * Boxes of a results file as columns: no object per box.
 * @module
 */

/** Boxes in the global frame, in file order. */
export interface ResultBoxes {
  count: number;
  /** [n] rows of the dataset's `samples`. */
  sample: Int32Array;
  /** [n][3] middle, metres. */
  translation: Float64Array;
  /** [n][3] width, length, height, metres. */
  size: Float64Array;
  /** [n][4] w-first. */
  rotation: Float64Array;
  /** [n][2] m/s. */
  velocity: Float64Array;
  /** [n] */
  score: Float64Array;
  /** [n] index in the task's class names. */
  label: Uint8Array;
  /** Detection: [n] index in ATTRIBUTES, or NO_ATTRIBUTE. */
  attribute: Uint8Array;
  /** Tracking: [n] index in `trackIds`. */
  track: Int32Array;
  /** Tracking: the file's ids. */
  trackIds: string[];
}

/** A box without attribute. */
export const NO_ATTRIBUTE = 255;

/** A results file. */
export interface Results {
  path: string;
  /** As it stands in the file. */
  meta: unknown;
  boxes: ResultBoxes;
  /** Rows of the dataset's `samples`, in file order. */
  samples: number[];
  /** What was read in another way than it stands there. */
  notes: string[];
}

/** Columns that grow by box. */
export class BoxColumns {
  sample = new Int32Array(0);
  translation = new Float64Array(0);
  size = new Float64Array(0);
  rotation = new Float64Array(0);
  velocity = new Float64Array(0);
  score = new Float64Array(0);
  label = new Uint8Array(0);
  attribute = new Uint8Array(0);
  track = new Int32Array(0);
  #room = 0;

  /** Makes room for `count` boxes. */
  reserve(count: number): void {
    if (count <= this.#room) return;
    this.#resize(Math.ceil(count * 1.5) + 1024);
  }

  #resize(room: number): void {
    this.#room = room;
    this.sample = copyOf(this.sample, new Int32Array(room));
    this.translation = copyOf(this.translation, new Float64Array(3 * room));
    this.size = copyOf(this.size, new Float64Array(3 * room));
    this.rotation = copyOf(this.rotation, new Float64Array(4 * room));
    this.velocity = copyOf(this.velocity, new Float64Array(2 * room));
    this.score = copyOf(this.score, new Float64Array(room));
    this.label = copyOf(this.label, new Uint8Array(room));
    this.attribute = copyOf(this.attribute, new Uint8Array(room));
    this.track = copyOf(this.track, new Int32Array(room));
  }

  /** The boxes read so far. */
  take(count: number, trackIds: string[]): ResultBoxes {
    const { sample, translation, size, rotation, velocity } = this;
    const { score, label, attribute, track } = this;
    return {
      count,
      sample: sample.subarray(0, count),
      translation: translation.subarray(0, 3 * count),
      size: size.subarray(0, 3 * count),
      rotation: rotation.subarray(0, 4 * count),
      velocity: velocity.subarray(0, 2 * count),
      score: score.subarray(0, count),
      label: label.subarray(0, count),
      attribute: attribute.subarray(0, count),
      track: track.subarray(0, count),
      trackIds,
    };
  }
}

function copyOf<T extends Float64Array | Int32Array | Uint8Array>(
  from: T,
  to: T,
): T {
  to.set(from.subarray(0, to.length));
  return to;
}
