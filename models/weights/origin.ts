/**
 * What kind of network a file's names and shapes tell of.
 * @module
 */
import { guessNaming, unwrapped } from "./names.ts";

/** What a file is likely to be. */
export interface Origin {
  /** Title of its naming, or null for one of no known origin. */
  naming: string | null;
  /** What it holds, such as `ResNet-50` and `644 + 256 queries`. */
  parts: string[];
}

/** Shapes (PyTorch's) by the model's names. */
type Shapes = ReadonlyMap<string, readonly number[]>;

/** Guesses from the names and shapes of stored tensors. */
export function guessOrigin(
  stored: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): Origin {
  const naming = guessNaming(stored.keys());
  if (naming === null) return { naming: null, parts: [] };
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape }] of stored) {
    const renamed = naming.rename(unwrapped(name));
    if (renamed !== null) shapes.set(renamed, shape);
  }
  const parts = [
    backbonePart(shapes),
    neckPart(shapes),
    ...headParts(shapes),
  ];
  return {
    naming: naming.title,
    parts: parts.filter((part) => part !== null),
  };
}

function backbonePart(shapes: Shapes): string | null {
  const blocks = (pattern: string) => countMatches(shapes, pattern);
  if (shapes.has("img_backbone.stem.stem_1/conv.weight")) {
    const third = blocks("img_backbone\\.stage4\\.OSA4_(\\d+)\\.concat");
    return third === 9 ? "VoVNet-99" : `VoVNet with ${third} blocks in stage 4`;
  }
  const patch = shapes.get("img_backbone.patch_embed.proj.weight");
  if (patch) {
    const depth = blocks("img_backbone\\.blocks\\.(\\d+)\\.");
    return `ViT of ${depth} blocks, width ${patch[0]}, patch ${patch[2]}`;
  }
  if (!shapes.has("img_backbone.conv1.weight")) return null;
  const counts = [1, 2, 3, 4].map((stage) =>
    blocks(`img_backbone\\.layer${stage}\\.(\\d+)\\.`)
  );
  const convolutions = shapes.has("img_backbone.layer1.0.conv3.weight") ? 3 : 2;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return `ResNet-${total * convolutions + 2}`;
}

function neckPart(shapes: Shapes): string | null {
  const levels = countMatches(shapes, "img_neck\\.lateral_convs\\.(\\d+)\\.");
  return levels === 0 ? null : `neck of ${levels} levels`;
}

function headParts(shapes: Shapes): (string | null)[] {
  const head = "pts_bbox_head";
  const learned = shapes.get(`${head}.reference_points.weight`)?.[0];
  const passed = shapes.get(`${head}.pseudo_reference_points.weight`)?.[0];
  const classes = shapes.get(`${head}.cls_branches.0.6.weight`)?.[0];
  const layers = countMatches(
    shapes,
    `${head}\\.transformer\\.decoder\\.layers\\.(\\d+)\\.`,
  );
  const has = (part: string) =>
    [...shapes.keys()].some((name) => name.startsWith(part));
  const layer = `${head}.transformer.decoder.layers.0.attentions.1`;
  return [
    learned === undefined
      ? null
      : passed === undefined
      ? `${learned} queries`
      : `${learned} + ${passed} queries`,
    layers === 0 ? null : `${layers} decoder layer${layers > 1 ? "s" : ""}`,
    classes === undefined ? null : `${classes} classes`,
    has(`${layer}.weights_fc`) ? "deformable attention" : null,
    has("img_roi_head.multi_level") ? "2D head (YOLOX)" : null,
    has("img_roi_head.cls.") ? "2D head (focal)" : null,
  ];
}

/** How many values the pattern's group takes among the names. */
function countMatches(shapes: Shapes, pattern: string): number {
  const expression = new RegExp(`^${pattern}`);
  const found = new Set<string>();
  for (const name of shapes.keys()) {
    const match = expression.exec(name);
    if (match) found.add(match[1]!);
  }
  return found.size;
}
