/**
 * Which boxes count: near enough, with points inside, not in a bicycle rack.
 * Source: nuscenes-devkit, eval/common/loaders.py, filter_eval_boxes.
 * @module
 */
import { BICYCLE_RACK } from "../../categories.ts";
import { insideOf } from "../../geometry/mod.ts";
import type { ResultBoxes } from "../../results/mod.ts";
import type { Dataset } from "../../tables/mod.ts";

/** Boxes left after each filter, as the devkit's log counts them. */
export interface FilterCounts {
  /** Boxes of the evaluated samples. */
  all: number;
  /** Those within their class's range of the ego. */
  distance: number;
  /** Those with points inside; counts for ground truth only. */
  points: number;
  /** Those that are no two-wheelers in a bicycle rack. */
  racks: number;
}

/** Settings of {@link filterBoxes}. */
export interface FilterOptions {
  /** Class names by label. */
  labels: readonly string[];
  /** Metres from the ego within which a class counts, by label. */
  ranges: readonly number[];
}

/** Filters boxes of one dataset; remembers racks and poses. */
export class BoxFilter {
  readonly #dataset: Dataset;
  readonly #options: FilterOptions;
  readonly #inRack: boolean[];
  readonly #racks = new Map<number, ((point: number[]) => boolean)[]>();

  constructor(dataset: Dataset, options: FilterOptions) {
    this.#dataset = dataset;
    this.#options = options;
    this.#inRack = options.labels.map((label) =>
      label === "bicycle" || label === "motorcycle"
    );
  }

  /**
   * Indexes of the boxes that count, in their order.
   * @param wanted [samples] 1 for samples that are evaluated
   * @param points [n] of ground truth
   */
  filter(
    boxes: ResultBoxes,
    wanted: Uint8Array,
    points?: Float64Array,
  ): { kept: Int32Array; counts: FilterCounts } {
    const kept = new Int32Array(boxes.count);
    const counts = { all: 0, distance: 0, points: 0, racks: 0 };
    for (let i = 0; i < boxes.count; i++) {
      if (!wanted[boxes.sample[i]!]) continue;
      counts.all++;
      const range = this.#options.ranges[boxes.label[i]!];
      if (range === undefined || !(this.#distance(boxes, i) < range)) continue;
      counts.distance++;
      if (points && points[i] === 0) continue;
      counts.points++;
      if (this.#inRack[boxes.label[i]!] && this.#isInRack(boxes, i)) continue;
      kept[counts.racks++] = i;
    }
    return { kept: kept.subarray(0, counts.racks), counts };
  }

  /** Metres from the ego in the xy plane. */
  #distance(boxes: ResultBoxes, i: number): number {
    const { keyFrames, sensorData, egoPoses } = this.#dataset;
    const row = keyFrames.LIDAR_TOP?.[boxes.sample[i]!] ?? -1;
    if (row < 0) this.#dataset.keyFrame(boxes.sample[i]!, "LIDAR_TOP");
    const pose = 3 * sensorData.egoPose[row]!;
    const x = boxes.translation[3 * i]! - egoPoses.translation[pose]!;
    const y = boxes.translation[3 * i + 1]! - egoPoses.translation[pose + 1]!;
    return Math.sqrt(x * x + y * y);
  }

  #isInRack(boxes: ResultBoxes, i: number): boolean {
    const racks = this.#racksOf(boxes.sample[i]!);
    if (!racks.length) return false;
    const center = [...boxes.translation.subarray(3 * i, 3 * i + 3)];
    return racks.some((inside) => inside(center));
  }

  #racksOf(sample: number): ((point: number[]) => boolean)[] {
    const known = this.#racks.get(sample);
    if (known) return known;
    const { annotations, annotationsOfSample, categoryOfInstance } =
      this.#dataset;
    const racks = [...annotationsOfSample.of(sample)]
      .filter((row) =>
        categoryOfInstance[annotations.instance[row]!] === BICYCLE_RACK
      )
      .map((row) =>
        insideOf({
          center: [...annotations.translation.subarray(3 * row, 3 * row + 3)],
          wlh: [...annotations.size.subarray(3 * row, 3 * row + 3)],
          rotation: [...annotations.rotation.subarray(4 * row, 4 * row + 4)],
        })
      );
    this.#racks.set(sample, racks);
    return racks;
  }
}
