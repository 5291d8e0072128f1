/**
 * Settings to the network's first half: images to feature maps.
 * @module
 */
import {
  type Backbone,
  cpfpn,
  type DetectorParts,
  EVA02_LARGE,
  fpn,
  resnet,
  vit,
  vovnet,
} from "../../models/mod.ts";
import type {
  BackboneSettings,
  ImageSettings,
  ModelSettings,
} from "./settings.ts";

type Size = Pick<ImageSettings, "height" | "width">;

/** What a head sees of the images. */
export interface ImageParts {
  /** Images → maps. */
  backbone: Backbone;
  /** Maps → the head's maps; null: the backbone's own. */
  neck: DetectorParts["neck"];
}

/** Levels of a pyramid over a map of stride 16. */
const SCALES = [4, 2, 1, 0.5] as const;

/** Pixels between the cells of the maps that RepDETR3D samples. */
export function stridesOf({ backbone }: ModelSettings): number[] {
  return backbone.type === "eva02" ? [4, 8, 16, 32] : [8, 16, 32, 64];
}

/** Builds backbone and neck: one map of stride 16, or a pyramid of four. */
export function buildImageParts(
  { backbone: settings, head, channels }: ModelSettings,
  size: Size,
): ImageParts {
  const all = head.type === "repdetr3d";
  if (settings.type === "eva02") {
    const pyramid = all ? { channels, scales: SCALES } : null;
    return { backbone: vit(vitConfig(settings, size), pyramid), neck: null };
  }
  const backbone = convolutional(settings, all);
  const inChannels = backbone.channels;
  const neck = all
    ? fpn("img_neck", { inChannels, channels, outputs: SCALES.length })
    : cpfpn("img_neck", inChannels, channels);
  return { backbone, neck };
}

type VitSettings = Extract<BackboneSettings, { type: "eva02" }>;

function vitConfig(settings: VitSettings, { height, width }: Size) {
  const { patch } = EVA02_LARGE;
  const { depth, global_every: every } = settings;
  return {
    ...EVA02_LARGE,
    width: settings.width,
    depth,
    heads: settings.heads,
    window: settings.window,
    globalWindow: settings.global_window ?? Math.min(height, width) / patch,
    windowBlocks: Array.from({ length: depth }, (_, i) => i)
      .filter((i) => (i + 1) % every !== 0),
    dropPath: settings.drop_path,
    checkpoint: settings.with_cp,
  };
}

/** @param all three maps of strides 8 to 32 instead of the last two. */
function convolutional(
  settings: Exclude<BackboneSettings, VitSettings>,
  all: boolean,
): Backbone {
  const shared = {
    name: "img_backbone",
    width: settings.width,
    norm: { mode: settings.norm, momentum: settings.norm_momentum },
    frozenStages: settings.frozen_stages,
    checkpoint: settings.with_cp,
  };
  if (settings.type === "vovnet") {
    return vovnet({ ...shared, outStages: all ? [3, 4, 5] : [4, 5] });
  }
  const { depth, zero_init_last: zeroInitLast } = settings;
  const outIndices = all ? [1, 2, 3] : [2, 3];
  return resnet({ ...shared, depth, zeroInitLast, outIndices });
}
