/**
 * Starts from the weights of a file: .safetensors, or PyTorch's .pth.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import { CheckpointError, parsePth } from "../../engine/checkpoint/mod.ts";
import {
  loadWeights,
  type ParamSpecs,
  parseSafetensors,
  type Plain,
  type StoredTensor,
  WeightsError,
} from "../../models/mod.ts";

/**
 * Values that the file holds for these parameters; the log says what was
 * loaded, what is missing and what nobody asked for.
 * @throws {UserError} naming file, parameter and both shapes.
 */
export async function loadPretrained(
  { emit }: StageContext<unknown>,
  path: string,
  specs: ParamSpecs,
): Promise<Record<string, Plain>> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(
      `Cannot find the checkpoint ${path} (train.model.checkpoint). Give a ` +
        ".safetensors or .pth file, or null to start from scratch",
    );
  }
  try {
    const stored: ReadonlyMap<string, StoredTensor> = path.endsWith(".pth")
      ? parsePth(bytes)
      : parseSafetensors(bytes);
    const { params, report } = loadWeights(specs, stored);
    const few = (names: string[]) =>
      names.length === 0
        ? "none"
        : `${names.length} (${names.slice(0, 3).join(", ")}${
          names.length > 3 ? ", …" : ""
        })`;
    emit({
      type: "message",
      level: report.missing.length > 0 ? "warning" : "info",
      text: `${path}: ${report.loaded.length} parameters loaded ` +
        `(${report.naming}), missing ${few(report.missing)}, unexpected ` +
        few(report.unexpected),
    });
    return params;
  } catch (error) {
    const known = error instanceof WeightsError ||
      error instanceof CheckpointError || error instanceof SyntaxError;
    if (!known) throw error;
    throw new UserError(`Cannot load ${path}: ${error.message}`);
  }
}
