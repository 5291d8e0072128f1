/**
 * The settings of the train stage: everything that a config file may say
 * under `with:`, with the reference's values as defaults.
 * @module
 */
import { z } from "zod";

const fraction = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().positive();
const range = z.tuple([z.number(), z.number()]);
const box = z.array(z.number()).length(6);

const norm = z.enum(["frozen", "affine", "statistics", "train"]).describe(
  "batch norms: nothing learns, scale and shift do, batch statistics are " +
    "used, or both",
);
const anyBackbone = {
  width: count.default(64).describe("channels of the stem"),
  norm_momentum: fraction.default(0.1)
    .describe("weight of a batch in the running statistics"),
  frozen_stages: z.number().int().min(-1).max(4).default(-1)
    .describe("0 freezes the stem, k the stem and k stages, -1 nothing"),
  with_cp: z.boolean().default(false)
    .describe("blocks are computed twice instead of kept: less memory"),
};

const resnet = z.strictObject({
  type: z.literal("resnet").default("resnet").describe("ResNet, ImageNet's"),
  depth: z.union([
    z.literal(18),
    z.literal(34),
    z.literal(50),
    z.literal(101),
  ]).default(50).describe("layers, as in the name"),
  norm: norm.default("frozen"),
  ...anyBackbone,
  zero_init_last: z.boolean().default(false)
    .describe("residual branches start at zero, for training from scratch"),
});

const vovnet = z.strictObject({
  type: z.literal("vovnet").describe("VoVNet-99-eSE"),
  norm: norm.default("affine"),
  ...anyBackbone,
});

const eva02 = z.strictObject({
  type: z.literal("eva02").describe(
    "EVA-02's vision transformer, patches of 16",
  ),
  width: count.default(1024).describe("channels of a token"),
  depth: count.default(24).describe("blocks"),
  heads: count.default(16).describe("of attention"),
  window: count.default(16).describe("tokens of a window's side"),
  global_window: count.nullable().default(null).describe(
    "the same of the large windows; null: the image's shorter side",
  ),
  global_every: count.default(3).describe("blocks up to one of large windows"),
  drop_path: fraction.default(0.3)
    .describe("probability that the last block is left out of a sample"),
  with_cp: anyBackbone.with_cp,
});

const backbone = z.discriminatedUnion("type", [resnet, vovnet, eva02]);

const head = z.strictObject({
  type: z.enum(["streampetr", "petr", "repdetr3d"]).default("streampetr")
    .describe(
      "petr sees one frame at a time: all queries are learned, what is said " +
        "of propagated queries, memory and topk does not count; repdetr3d " +
        "samples all maps where queries project to, its 2D head is YOLOX",
    ),
  points: count.default(13)
    .describe("places around a query that repdetr3d samples"),
  queries: count.default(644).describe("learned ones"),
  propagated: count.default(256).describe("queries taken over from the memory"),
  memory: count.default(1024).describe("rows that a frame sees"),
  topk: count.default(256)
    .describe("queries that a frame puts into the memory"),
  layers: count.default(6).describe("of the decoder"),
  heads: count.default(8).describe("of attention"),
  feedforward: count.default(2048).describe("hidden width of a layer"),
  dropout: fraction.default(0.1)
    .describe("of self-attention, residual branches and feed-forward nets"),
  with_cp: z.boolean().default(false)
    .describe("decoder layers are computed twice instead of kept"),
  range: box.default([-51.2, -51.2, -5, 51.2, 51.2, 3])
    .describe("pc_range: x, y, z minimum, then maximum, metres"),
  position_range: box.default([-61.2, -61.2, -10, 61.2, 61.2, 10])
    .describe("of the points on the viewing rays, likewise"),
  depth_bins: count.default(64).describe("points on a viewing ray"),
  depth_start: positive.default(1).describe("depth of the first one, metres"),
  query_content: z.enum(["zeros", "position"]).default("zeros")
    .describe("what decoder queries hold at first"),
  reference_z: range.default([0, 1])
    .describe("where learned reference points start, share of the z range"),
  code_weights: z.array(z.number()).length(10)
    .default([2, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    .describe("of x, y, z, l, w, h, sine, cosine and velocity in the L1 loss"),
});

const denoising = z.strictObject({
  groups: count.default(10).describe("noised copies of the ground truth"),
  noise_scale: z.number().min(0).default(1)
    .describe("largest shift of a centre, share of half the box"),
  split: positive.default(0.75)
    .describe("longer shifts (of noise scale 1) are background"),
  bucket: count.default(64)
    .describe("rows of a group, so that shapes stay: one a ground truth"),
  grow: z.boolean().default(true).describe(
    "frames of more ground truths have a recording of twice the rows (or " +
      "four times, …), as exact as the original; false leaves the rest out",
  ),
});

const auxiliary = z.strictObject({
  train_ratio: fraction.default(1).describe("share of tokens kept"),
});

/** The network. */
export const modelSettings = z.strictObject({
  checkpoint_only: z.array(z.string().min(1)).default([])
    .describe("parts to take of it, such as img_backbone; empty: all"),
  checkpoint: z.string().nullable().default(null)
    .describe(".safetensors or .pth to start from"),
  backbone: backbone.prefault({}),
  channels: count.default(256).describe("width of neck and head"),
  head: head.prefault({}),
  denoising: denoising.nullable().prefault({})
    .describe("noised ground truth as queries; null leaves it out"),
  auxiliary: auxiliary.nullable().prefault({})
    .describe("the 2D head of training; null leaves it out"),
});

/** What happens to images. */
export const imageSettings = z.strictObject({
  height: count.multipleOf(32).default(256)
    .describe("of the network's input, pixels"),
  width: count.multipleOf(32).default(704).describe("likewise"),
  resize: range.default([0.38, 0.55]).describe("resize_lim: factors"),
  bottom_crop: z.tuple([fraction, fraction]).default([0, 0])
    .describe("bot_pct_lim: share of the height cut off below"),
  flip: fraction.default(0.5).describe("probability, left to right"),
  rotation: range.default([0, 0]).describe("rot_lim, degrees"),
  resample: z.enum(["pillow", "sharp"]).default("pillow")
    .describe("whose bicubic filter; pillow is the reference's, to the bit"),
  normalization: z.enum(["imagenet-rgb", "imagenet-bgr"])
    .default("imagenet-rgb")
    .describe("mean and deviation of the pixels, order of the channels"),
  grid_mask: fraction.default(0.7).describe("probability"),
  photometric: fraction.default(0)
    .describe("largest relative change of brightness and contrast"),
  cache_mb: z.number().min(0).default(0)
    .describe("resized images kept in memory, where sizes repeat"),
});

const feeding = z.strictObject({
  threads: z.number().int().min(0).nullable().default(null).describe(
    "threads that read images; null: half the cores, none where images are " +
      "cached; 0: none",
  ),
  prefetch: count.default(2).describe("batches loaded ahead of time"),
});

const deviation = z.number().min(0);

const augmentation = z.strictObject({
  rotation: z.number().min(0).default(0.3925).describe("radians, either way"),
  scale: range.default([0.95, 1.05]).describe("factors of all lengths"),
  translation: z.tuple([deviation, deviation, deviation]).default([0, 0, 0])
    .describe("translation_std, metres"),
  mirror: fraction.default(0).describe("probability of a mirrored world"),
});

const optimizer = z.strictObject({
  lr: positive.nullable().default(null)
    .describe(
      "learning rate at base_batch; null: the reference's 4e-4 at batch 16",
    ),
  base_batch: count.nullable().default(null)
    .describe(
      "global batch that lr is meant for, lr follows the batch in use " +
        "linearly; null: lr is taken as it is",
    ),
  weight_decay: z.number().min(0).default(0.01)
    .describe("of AdamW; norms, biases and embeddings are not spared"),
  betas: z.tuple([fraction, fraction]).default([0.9, 0.999])
    .describe("decay of the mean and of the variance of gradients"),
  eps: positive.default(1e-8).describe("added to the root of the variance"),
  lr_mult: z.record(z.string(), z.number().min(0))
    .default({ img_backbone: 0.25 })
    .describe("factor by part of the parameter's name; the longest part wins"),
  layer_decay: fraction.nullable().default(null)
    .describe("factor of the rate from block to block of a ViT, from above"),
  decay_mult: z.record(z.string(), z.number().min(0)).default({})
    .describe("factor of the weight decay, likewise"),
  freeze: z.array(z.string().min(1)).default([])
    .describe("parts of names whose parameters do not train"),
  clip: positive.nullable().default(35)
    .describe("largest global gradient norm; null leaves gradients alone"),
});

const schedule = z.strictObject({
  policy: z.enum(["cosine", "cyclic"]).default("cosine")
    .describe("of the learning rate"),
  iterations: z.number().int().min(0).nullable().default(null)
    .describe("optimizer steps; null: as epochs says; 0: only a checkpoint"),
  epochs: z.number().min(0).nullable().default(null)
    .describe("passes over the data; 24 where iterations is null too"),
  by_epoch: z.boolean().default(false)
    .describe("the cosine moves at the ends of epochs only"),
  warmup_iterations: z.number().int().min(0).default(500)
    .describe("of the cosine, linear"),
  warmup_ratio: fraction.default(1 / 3)
    .describe("factor of the rate at the first iteration"),
  min_lr_ratio: fraction.default(1e-3)
    .describe("factor that the cosine ends at"),
  target_ratio: range.default([6, 1e-4])
    .describe("factors at the peak and at the end of the cyclic policy"),
  step_ratio_up: fraction.default(0.4)
    .describe("share of the cyclic policy that rises"),
  cyclic_times: count.default(1).describe("cycles of the cyclic policy"),
  momentum_ratio: range.nullable().default(null)
    .describe("factors of the first beta, in the same cycles; null: it stays"),
});

const lossScale = z.union([
  z.literal("dynamic"),
  positive,
  z.strictObject({
    initial: positive.default(65536).describe("at the first step"),
    growth: positive.default(2).describe("factor after an interval"),
    backoff: positive.max(1).default(0.5)
      .describe("factor after an overflow"),
    interval: count.default(2000)
      .describe("finite steps before it grows"),
  }),
]);

const ema = z.strictObject({
  decay: fraction.default(0.9998)
    .describe("share of the average that a step keeps"),
  warmup: z.enum(["exponential", "ratio", "none"]).default("exponential")
    .describe("how the decay grows: as mmdet's, as timm's, not at all"),
  iterations: count.default(2000).describe("of the exponential warm-up"),
  export: z.enum(["average", "last"]).default("average")
    .describe("which weights are exported and validated"),
});

const onDivergence = z.strictObject({
  retries: z.number().int().min(0).default(0)
    .describe("times to go on from the last good checkpoint; 0 stops"),
  lr_factor: fraction.default(0.5)
    .describe("of the learning rate after each retry"),
});

const warmStart = z.strictObject({
  steps: count.default(300).describe("iterations of AdamW"),
  points: count.default(192).describe("points in space a step"),
  lr: positive.default(2e-3).describe("learning rate"),
  freeze: z.boolean().default(true)
    .describe("keep what was learned fixed afterwards"),
});

const window = z.strictObject({
  length: count.default(8).describe("queue_length: frames of a clip"),
  random: z.number().int().min(0).default(1)
    .describe("random_length: earlier frames left out at random"),
  grads: count.default(2).describe(
    "frames at the end of a clip that are learned from: num_frame_losses, " +
      "num_frame_head_grads and num_frame_backbone_grads in one",
  ),
}).refine(({ length, grads }) => grads <= length, {
  message: "a clip has no more frames to learn from than frames",
  path: ["grads"],
});

/** All of `with:`. */
export const trainSettings = z.strictObject({
  seed: z.number().int().min(0).default(0)
    .describe("of weights, order, augmentation and noise"),
  split: z.string().default("train").describe("name in create-data's splits"),
  model: modelSettings.prefault({}),
  image: imageSettings.prefault({}),
  feeding: feeding.prefault({}),
  augmentation: augmentation.prefault({}),
  batch: count.default(2).describe("streams that go through at once"),
  accumulate: count.default(1)
    .describe("parts of a step, batch streams each, whose gradients add up"),
  sequence_split: z.union([count, z.literal("all")]).default(2)
    .describe("seq_split_num: sequences that a scene is cut into; all: frames"),
  filter_empty: z.boolean().default(false).describe(
    "filter_empty_gt: frames without ground truth are replaced by others at " +
      "random; for sequence_split: all",
  ),
  sequence_order: z.enum(["time", "given"]).default("time")
    .describe("how scenes are numbered before they are drawn at random"),
  window: window.nullable().default(null).describe(
    "trains on clips, each with an empty memory at first, instead of streams; " +
      "sequence_split does not count then",
  ),
  optimizer: optimizer.prefault({}),
  schedule: schedule.prefault({}),
  warm_start: warmStart.nullable().default(null)
    .describe("geometric warm start of the attention from calibrations"),
  validation: z.strictObject({
    split: z.string().default("val").describe("name in create-data's splits"),
    every: count.default(1000).describe("iterations"),
  }).nullable().default(null)
    .describe("detection metrics while training goes on; changes no weight"),
  checkpoint_every: count.default(500).describe("iterations"),
  log_every: count.default(50).describe("iterations that a log line averages"),
  threads: z.number().int().min(0).default(0).describe("0: all cores"),
  matching_threads: z.number().int().min(0).nullable().default(null).describe(
    "threads that match predictions; null: on GPUs one a stream, at most " +
      "half the cores; 0: none",
  ),
  jit: z.boolean().nullable().default(null)
    .describe("XLA; null: on GPUs only"),
  precision: z.enum(["float32", "float16", "bfloat16"]).default("float32")
    .describe("what convolutions and matrix products compute in"),
  ema: ema.nullable().default(null)
    .describe("moving average of the weights; null keeps none"),
  on_divergence: onDivergence.prefault({}),
  loss_scale: lossScale.nullable().default(null).describe(
    "factor of the loss in the backward pass: dynamic (as torch's " +
      "GradScaler), a number that stays, or the numbers of the dynamic rule; " +
      "null: dynamic with float16, none otherwise",
  ),
}).refine(
  ({ filter_empty, sequence_split, window }) =>
    !filter_empty || (sequence_split === "all" && window === null),
  {
    message: "only frames that stand alone can be replaced: it goes with " +
      "sequence_split: all and without a window",
    path: ["filter_empty"],
  },
);

export type TrainSettings = z.output<typeof trainSettings>;
export type BackboneSettings = z.output<typeof backbone>;
export type ModelSettings = z.output<typeof modelSettings>;
export type ImageSettings = z.output<typeof imageSettings>;
