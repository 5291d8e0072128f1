/**
 * The official lists of scenes, as ranges of scene numbers.
 *
 * Source: nuscenes-devkit, nuscenes/utils/splits.py (1.2.0).
 * @module
 */
import { DatasetError } from "./errors.ts";

const RANGES = {
  train_detect: `
1-2 41-76 161-168 170-176 190-196 199-200 202-204 206-214 254-264 283-306
315-318 321 323-324 347-375 382 420-439 457-459 461-465 467-469 471-472
474-480 566 568 570-578 580 582-583 665-679 681 683-689 739-741 744 746-747
749-752 757-765 767-769 868-873 875-878 880 882-903 945 947 949 952-953
955-961 975-984 988-991 1011-1025 1074-1102 1104-1105
`,
  train_track: `
4-11 19-34 120-135 138-139 149-152 154-155 157-160 177-185 187-188 218-220
222 224-253 328 376-381 383-386 388-403 405-408 410-419 440-456 499-502
504-515 517-518 525-539 541-546 584-600 639-664 695-698 700-701 703-719
726-728 730-731 733-738 786-787 789-792 803-806 808-813 815-817 819-822
847-856 858 860-866 992 994-1010 1044-1058 1106-1110
`,
  val: `
3 12-18 35-36 38-39 92-110 221 268-278 329-332 344-346 519-524 552-565
625-627 629-630 632-638 770-771 775 777-778 780-784 794-800 802 904-917
919-931 962-963 966-969 971-972 1059-1073
`,
  test: `
77-91 111-119 140 142-148 265-266 279-282 307-314 333-343 481-498 547-551
601-604 606-624 827-831 833-842 844-846 932-933 935-943 1026-1043
`,
  mini_train: `
61 553 655 757 796 1077 1094 1100
`,
  mini_val: `
103 916
`,
} as const;

function expand(ranges: string): string[] {
  return ranges.trim().split(/\s+/).flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from(
      { length: last! - first! + 1 },
      (_, i) => `scene-${`${first! + i}`.padStart(4, "0")}`,
    );
  });
}

/** Names of the official splits. */
export const SPLITS = [
  "train",
  "val",
  "test",
  "mini_train",
  "mini_val",
  "train_detect",
  "train_track",
] as const;
export type Split = (typeof SPLITS)[number];

/** Scene names of an official split, in the devkit's order. */
export function scenesOf(split: Split): string[] {
  if (split !== "train") return expand(RANGES[split]);
  return [...expand(RANGES.train_detect), ...expand(RANGES.train_track)].sort();
}

/** Scenes that a selection names, and official ones that are not there. */
export interface Selection {
  names: string[];
  absent: string[];
}

/**
 * Scenes chosen by names of splits or scenes, out of those present. Scenes of
 * an official split may be absent (parts of the dataset); a scene named by
 * itself may not.
 * @throws {DatasetError} if a name is unknown or nothing is left.
 */
export function selectScenes(
  wanted: string | readonly string[],
  present: readonly string[],
): Selection {
  const there = new Set(present);
  const names = new Set<string>();
  const absent = new Set<string>();
  for (const item of typeof wanted === "string" ? [wanted] : wanted) {
    const official = SPLITS.find((split) => split === item);
    if (!official && !there.has(item)) {
      throw new DatasetError(
        `Cannot find the scene or split "${item}": the dataset holds ` +
          `${present.length} scenes (${present.slice(0, 3).join(", ")}…), ` +
          `splits are ${SPLITS.join(", ")}`,
      );
    }
    for (const name of official ? scenesOf(official) : [item]) {
      (there.has(name) ? names : absent).add(name);
    }
  }
  if (names.size === 0) {
    throw new DatasetError(
      `Cannot select "${wanted}": none of its ${absent.size} scenes is in ` +
        `the dataset, which holds ${present.slice(0, 5).join(", ")}… ` +
        "Choose the version that has them, or another split",
    );
  }
  return { names: [...names], absent: [...absent] };
}
