/**
 * Colours of a picture.
 * @module
 */

/** Ground truth. */
export const TRUTH = "#2bff3a";

/** Predictions by class. */
export const CLASS_COLOURS: Record<string, string> = {
  car: "#4cc9f0",
  truck: "#f4a261",
  construction_vehicle: "#ffe066",
  bus: "#ff4d6d",
  trailer: "#2ec4b6",
  barrier: "#dee2e6",
  motorcycle: "#b388ff",
  bicycle: "#ff70c8",
  pedestrian: "#ffd60a",
  traffic_cone: "#ff7b00",
};

/** Behind everything. */
export const BACKGROUND = "#14171c";

/** Writing and lines that carry no class. */
export const INK = "#c9d1d9";

/** The colour of a box. */
export function colourOf(box: { label: string; score?: number }): string {
  return box.score === undefined
    ? TRUTH
    : CLASS_COLOURS[box.label] ?? "#ffffff";
}
