/**
 * Starts from the weights of a file: .safetensors, or PyTorch's .pth.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import {
  type LoadReport,
  loadWeights,
  type ParamSpecs,
  type Plain,
  WeightsError,
} from "../../models/mod.ts";
import { readWeights } from "../shared/weights.ts";
import type { TrainSettings } from "./settings.ts";

/**
 * Values that the file holds for these parameters; the log says what was
 * loaded, what is missing and what nobody asked for.
 * @throws {UserError} naming file, parameter and both shapes.
 */
export async function loadPretrained(
  { emit, config }: StageContext<TrainSettings>,
  path: string,
  specs: ParamSpecs,
): Promise<Record<string, Plain>> {
  await refuseAbsent(path);
  const { tensors, entry } = await readWeights(path);
  try {
    const { params, report } = loadWeights(specs, tensors, {
      only: config.model.checkpoint_only,
    });
    emit({
      type: "message",
      level: report.missing.length > 0 ? "warning" : "info",
      text: `${path}${entry ? `, ${entry}` : ""}: ${reportText(report)}`,
    });
    return params;
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new UserError(
      `Cannot load ${path}: ${error.message}. To load some parts alone, ` +
        "name them in train.model.checkpoint_only, such as [img_backbone]",
    );
  }
}

/** What became of a checkpoint's names, in one line. */
export function reportText(
  { naming, loaded, resized, missing, unexpected, foreign }: LoadReport,
): string {
  const adapted = resized.length > 0 ? `, resized ${few(resized)}` : "";
  return `${loaded.length} parameters loaded (${naming})${adapted}, missing ` +
    `${few(missing)}, unexpected ${few(unexpected)}` +
    (foreign.length > 0 ? `, left aside ${few(foreign)}` : "");
}

/** Up to eight groups of names by their first parts, each with its count. */
export function few(names: readonly string[]): string {
  if (names.length === 0) return "none";
  if (names.length <= 3) return `${names.length} (${names.join(", ")})`;
  const groups = new Map<string, number>();
  for (const name of names) {
    const group = name.split(".").slice(0, 2).join(".");
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  const shown = [...groups].slice(0, 8)
    .map(([group, count]) => count > 1 ? `${group}.* ${count}` : group);
  const rest = groups.size > 8 ? ", …" : "";
  return `${names.length} (${shown.join(", ")}${rest})`;
}

async function refuseAbsent(path: string): Promise<void> {
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(
      `Cannot find the checkpoint ${path} (train.model.checkpoint). Give a ` +
        ".safetensors or .pth file, or null to start from scratch",
    );
  }
}
