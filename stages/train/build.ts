/**
 * Settings to a network: the only reader of the model settings.
 * @module
 */
import {
  type AuxiliaryConfig,
  buildDetector,
  buildHead,
  buildPetrHead,
  buildRepDetr,
  buildRepDetrHead,
  type Detector,
  type HeadConfig,
  initialize,
  type ParamSpecs,
  type Plain,
  type RepDetrConfig,
} from "../../models/mod.ts";
import { buildImageParts, stridesOf } from "./backbone.ts";
import type { ImageSettings, ModelSettings } from "./settings.ts";

/** Pixels between tokens. */
const STRIDE = 16;

/** A network and the config of its head. */
export interface Model {
  detector: Detector;
  head: HeadConfig;
}

/** The head's config in the words of the models. */
export function headConfig(
  settings: ModelSettings,
  { height, width }: Pick<ImageSettings, "height" | "width">,
): HeadConfig | RepDetrConfig {
  const { backbone, channels, head } = settings;
  const own: HeadConfig = {
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
  if (head.type === "repdetr3d") {
    const { points, heads: groups } = head;
    const strides = stridesOf(settings);
    return { ...own, geometry: "projections", strides, points, groups };
  }
  // Without a neck, tokens are as wide as the backbone's.
  return backbone.type === "eva02"
    ? { ...own, inChannels: backbone.width }
    : own;
}

/** Builds the network of the settings. */
export function buildModel(
  settings: ModelSettings,
  image: Pick<ImageSettings, "height" | "width">,
): Model {
  const parts = buildImageParts(settings, image);
  const head = headConfig(settings, image);
  const build = settings.head.type === "petr" ? buildPetrHead : buildHead;
  const detector = isRepDetr(head)
    ? buildRepDetr({ ...parts, head: buildRepDetrHead(head) })
    : buildDetector({ ...parts, head: build(head) });
  return { detector, head };
}

/** The 2D head of training in the words of the models. */
export function auxiliaryConfig(
  { auxiliary, channels }: ModelSettings,
  head: HeadConfig | RepDetrConfig,
): AuxiliaryConfig | null {
  if (auxiliary === null) return null;
  const shared = {
    name: "img_roi_head",
    channels,
    classes: head.classes,
    imageHeight: head.imageHeight,
    imageWidth: head.imageWidth,
  };
  if (isRepDetr(head)) {
    return { ...shared, kind: "yolox", strides: head.strides };
  }
  return {
    ...shared,
    ...head.inChannels !== undefined && { inChannels: head.inChannels },
    stride: head.stride,
    trainRatio: auxiliary.train_ratio,
  };
}

function isRepDetr(head: HeadConfig | RepDetrConfig): head is RepDetrConfig {
  return head.geometry === "projections";
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
