/**
 * Names under which checkpoints of other origin store the same parameters.
 * @module
 */

/** A way in which a whole family of checkpoints names its parameters. */
export interface Naming {
  /** Shown in load reports. */
  readonly title: string;
  /** The model's name for a stored one, or null for one to ignore. */
  rename(stored: string): string | null;
}

/**
 * Known namings. The first is the detector's own; the others hold a backbone
 * alone or under another name.
 */
export const NAMINGS: readonly Naming[] = [
  { title: "detector", rename: modern },
  {
    title: "2D detector with backbone.*",
    rename: (stored) => stored.startsWith("backbone.") ? `img_${stored}` : null,
  },
  {
    title: "bare backbone (torchvision)",
    rename: (stored) => `img_backbone.${stored}`,
  },
];

/** Parallel training's prefix, then names of decoders before version 2. */
function modern(stored: string): string {
  return stored.replace(/^module\./, "")
    .replace(".self_attn.", ".attentions.0.")
    .replace(".multihead_attn.", ".attentions.1.")
    .replace(".decoder.norm.", ".decoder.post_norm.");
}

/** Counters of torch's batch norms, which nothing here needs. */
export function isCounter(name: string): boolean {
  return name.endsWith(".num_batches_tracked");
}
