/**
 * Settings to a network: the only reader of the model settings.
 * @module
 */
import {
  type Backbone,
  buildDetector,
  buildHead,
  buildPetrHead,
  cpfpn,
  type Detector,
  type HeadConfig,
  initialize,
  type ParamSpecs,
  type Plain,
  resnet,
  vovnet,
} from "../../models/mod.ts";
import type {
  BackboneSettings,
  ImageSettings,
  ModelSettings,
} from "./settings.ts";

/** Pixels between tokens. */
const STRIDE = 16;

/** A network and the config of its head. */
export interface Model {
  detector: Detector;
  head: HeadConfig;
}

/** The head's config in the words of the models. */
export function headConfig(
  { channels, head }: ModelSettings,
  { height, width }: Pick<ImageSettings, "height" | "width">,
): HeadConfig {
  return {
    name: "pts_bbox_head",
    embedDims: channels,
    classes: 10,
    heads: head.heads,
    layers: head.layers,
    feedforward: head.feedforward,
    queries: head.queries,
    ...head.type === "petr"
      ? { propagated: 0, memory: 0, topk: 0 }
      : { propagated: head.propagated, memory: head.memory, topk: head.topk },
    pcRange: head.range,
    positionRange: head.position_range,
    depthBins: head.depth_bins,
    depthStart: head.depth_start,
    stride: STRIDE,
    imageHeight: height,
    imageWidth: width,
    codeWeights: head.code_weights,
    dropout: head.dropout,
    crossAttentionDropout: 0,
    queryContent: head.query_content,
    checkpoint: head.with_cp,
  };
}

/** Builds the backbone of the settings; its maps have strides 16 and 32. */
export function buildBackbone(settings: BackboneSettings): Backbone {
  const shared = {
    name: "img_backbone",
    width: settings.width,
    norm: { mode: settings.norm, momentum: settings.norm_momentum },
    frozenStages: settings.frozen_stages,
    checkpoint: settings.with_cp,
  };
  if (settings.type === "vovnet") return vovnet(shared);
  const { depth, zero_init_last: zeroInitLast } = settings;
  return resnet({ ...shared, depth, zeroInitLast });
}

/** Builds the network of the settings. */
export function buildModel(
  settings: ModelSettings,
  image: Pick<ImageSettings, "height" | "width">,
): Model {
  const backbone = buildBackbone(settings.backbone);
  const head = headConfig(settings, image);
  const detector = buildDetector({
    backbone,
    neck: cpfpn("img_neck", backbone.channels, settings.channels),
    head: settings.head.type === "petr" ? buildPetrHead(head) : buildHead(head),
  });
  return { detector, head };
}

/** First values of all parameters, in memory layout. */
export function firstValues(
  specs: ParamSpecs,
  settings: ModelSettings,
  seed: number,
): Record<string, Plain> {
  const values = initialize(specs, seed);
  const points = values["pts_bbox_head.reference_points.weight"]!.data;
  const [low, high] = settings.head.reference_z;
  for (let i = 2; i < points.length; i += 3) {
    points[i] = low + (high - low) * points[i]!;
  }
  return values;
}
