/**
 * Names under which checkpoints of other origin store the same parameters.
 * @module
 */

/** A way in which a whole family of checkpoints names its parameters. */
export interface Naming {
  /** Shown in load reports. */
  readonly title: string;
  /** A name that such files hold and those of no earlier naming do. */
  readonly mark: RegExp;
  /** The model's name for a stored one, or null where it has none. */
  rename(stored: string): string | null;
  /**
   * Stored names that such a file brings along and no detector of this
   * project wants, such as a classifier.
   */
  readonly foreign: RegExp;
}

/**
 * Known namings, the likelier of two that fit equally well first. The first
 * is the detector's own; the others hold a backbone alone or under another
 * name.
 *
 * EVA-02's tables of rotary positions belong to an image size, not to the
 * training, so those of another size are left behind.
 */
export const NAMINGS: readonly Naming[] = [
  {
    title: "StreamPETR",
    mark: /^(img_backbone|img_neck|pts_bbox_head)\./,
    rename: modern,
    foreign: /^(bbox_head|ema_)/,
  },
  {
    title: "EVA-02 detector (backbone.net.*)",
    mark: /^backbone\.net\./,
    rename: eva,
    foreign: /\.rope_\w+\.freqs_|^(roi_heads|proposal_generator|pixel_)/,
  },
  {
    title: "detectron2 or DD3D (backbone.bottom_up.*)",
    mark: /^backbone\.bottom_up\./,
    rename: prefixed("backbone.bottom_up."),
    foreign: /^(?!backbone\.bottom_up\.)/,
  },
  {
    title: "mmdetection detector (backbone.*)",
    mark: /^backbone\./,
    rename: prefixed("backbone."),
    foreign: /^(neck|rpn_head|roi_head|bbox_head|mask_head|ema_)/,
  },
  {
    title: "bare backbone (torchvision and others)",
    mark: /^(conv1\.weight|layer1\.|stem\.stem_1|patch_embed\.|blocks\.0\.)/,
    rename: prefixed(""),
    foreign: /^(fc|head|mask_token|cls_token|rope\w*)\b/,
  },
];

/** The naming of a file's names, or null for one of no known origin. */
export function guessNaming(stored: Iterable<string>): Naming | null {
  const names = [...stored].map(unwrapped);
  return NAMINGS.find(({ mark }) => names.some((name) => mark.test(name))) ??
    null;
}

/**
 * A stored name without what wraps whole models: `module.` of parallel
 * training, once for each wrapper.
 */
export function unwrapped(stored: string): string {
  return stored.replace(/^(module\.)+/, "");
}

/** Names of decoders before version 2, in today's words. */
function modern(stored: string): string {
  return stored
    .replace(".self_attn.", ".attentions.0.")
    .replace(".multihead_attn.", ".attentions.1.")
    .replace(".decoder.norm.", ".decoder.post_norm.");
}

function prefixed(prefix: string): (stored: string) => string | null {
  return (stored) =>
    stored.startsWith(prefix)
      ? `img_backbone.${stored.slice(prefix.length)}`
      : null;
}

/** The net is the backbone, its pyramid the backbone's adapter. */
function eva(stored: string): string | null {
  const [, part, rest] = /^backbone\.(net\.|simfp_)(.*)$/.exec(stored) ?? [];
  if (part === undefined) return null;
  return part === "net."
    ? `img_backbone.${rest}`
    : `img_backbone.adapter.simfp_${rest}`;
}

/** Counters of torch's batch norms, which nothing here needs. */
export function isCounter(name: string): boolean {
  return name.endsWith(".num_batches_tracked");
}
