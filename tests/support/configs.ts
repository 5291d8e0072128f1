/**
 * Config files as the train stage sees them.
 * @module
 */
import { descend, loadConfig, toValue } from "../../pipeline/config/mod.ts";
import type { ParamSpecs } from "../../models/module.ts";
import { buildModel } from "../../stages/train/build.ts";
import { composeStep } from "../../stages/train/run.ts";
import {
  type TrainSettings,
  trainSettings,
} from "../../stages/train/settings.ts";

const CONFIGS = new URL("../../configs/", import.meta.url).pathname;

/** Names of all files in configs/. */
export function configFiles(): string[] {
  return [...Deno.readDirSync(CONFIGS)].map(({ name }) => name)
    .filter((name) => name.endsWith(".yaml")).sort();
}

/** Those of them whose head names what was published. */
export function publishedFiles(): string[] {
  return configFiles().filter((file) =>
    /^# Published /m.test(Deno.readTextFileSync(`${CONFIGS}${file}`))
  );
}

/** What a config trains with. */
export function trainSettingsOf(file: string): TrainSettings {
  const path = ["stages", "train", "with"];
  const { tree } = descend(loadConfig(`${CONFIGS}${file}`), path);
  return trainSettings.parse(toValue(tree));
}

/** All parameters of training, those of 2D heads too. */
export function paramsOf(settings: TrainSettings): ParamSpecs {
  return composeStep(settings, buildModel(settings.model, settings.image))
    .params;
}
