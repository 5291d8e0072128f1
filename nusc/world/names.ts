/**
 * Scene names out of nuScenes' official splits, so that those splits choose
 * among generated scenes as they do among recorded ones.
 * @module
 */

import { scenesOfSplit, type Split } from "../splits/mod.ts";

const MINI_TRAIN = "0061 0553 0655 0757 0796 1077 1094 1100";
const MINI_VAL = "0103 0916";

/** Of the official `train`, the mini scenes first; the rest comes after. */
const TRAIN = `0061 0655 0757 1077 1094 1100
0001 0008 0021 0027 0033 0045 0051 0057 0064 0070 0076 0125 0131 0139 0155
0162 0168 0175 0181 0188 0195 0204 0211 0220 0228 0234 0240 0246 0252 0258
0264 0288 0294 0300 0306 0323 0350 0356 0362 0368 0374 0380 0386 0393 0399
0406 0413 0419 0425 0431 0437 0443 0449 0455 0462 0469 0477 0501 0508 0514
0527 0533 0539 0546 0573 0580 0587 0593 0599 0643 0649 0656 0662 0668 0674
0681 0688 0700 0707 0713 0719 0733 0739 0749 0760 0767 0790 0806 0813 0821
0851 0858 0865 0872 0880 0887 0893 0899 0947 0957 0976 0982 0991 0998 1004
1010 1016 1022 1046 1052 1058 1080 1086 1092 1099 1107`;

/** Of the official `val`; 0553 and 0796 belong to it and to mini_train. */
const VAL = `0103 0916 0553 0796
0003 0015 0035 0092 0096 0100 0105 0109 0269 0273 0277 0331 0346 0522 0557
0561 0565 0629 0634 0638 0777 0782 0795 0799 0905 0909 0913 0919 0923 0927
0931 0967 0972 1062 1066 1070`;

/** The given scenes, then all others of an official split. */
function withRest(first: string[], split: Split): string[] {
  return [...new Set([...first, ...scenesOfSplit(split)])];
}

function names(numbers: string): string[] {
  return numbers.split(/\s+/).map((number) => `scene-${number}`);
}

/** Scene names by nuScenes version: training ones and validation ones. */
export const SCENES = {
  "v1.0-mini": { train: names(MINI_TRAIN), val: names(MINI_VAL) },
  "v1.0-trainval": { train: withRest(names(TRAIN), "train"), val: names(VAL) },
} as const satisfies Record<Version, { train: string[]; val: string[] }>;

/** A nuScenes version that can be generated. */
export type Version = "v1.0-mini" | "v1.0-trainval";
