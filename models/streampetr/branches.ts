/**
 * The two small networks that read a query: its class and its box. All
 * decoder layers share them.
 *
 * Source: StreamPETRHead._init_layers of the reference.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpec, ParamSpecs } from "../module.ts";
import { layerNorm, linear, mergeParams } from "../nn/mod.ts";
import type { HeadConfig } from "./config.ts";
import { depthBins } from "./position.ts";

/** Outputs of the decoder [..., C] to predictions. */
export type Branch = Module<[tf.Tensor], tf.Tensor>;

/** Copies of a branch in a state dict, however many layers there are. */
const COPIES = 6;

/** Other names under which the layers' one shared branch is stored. */
function shared(
  config: HeadConfig,
  kind: string,
  specs: ParamSpecs,
): ParamSpecs {
  const first = `${config.name}.${kind}.0.`;
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const part = name.slice(first.length);
      const aliases = Array.from(
        { length: COPIES - 1 },
        (_, i) => `${config.name}.${kind}.${i + 1}.${part}`,
      );
      return [name, { ...spec, aliases }];
    }),
  );
}

/** (Linear, LN, ReLU) twice, then a linear layer to the classes. */
export function classBranch(config: HeadConfig): Branch {
  const { embedDims: C } = config;
  const name = `${config.name}.cls_branches.0`;
  const hidden = [linear(`${name}.0`, C, C), linear(`${name}.3`, C, C)];
  const norms = [layerNorm(`${name}.1`, C), layerNorm(`${name}.4`, C)];
  // The probability of every class starts at 1 %.
  const last = linear(`${name}.6`, C, config.classes, {
    biasInit: { kind: "constant", value: -Math.log(99) },
  });
  const specs = mergeParams(hidden[0]!, norms[0]!, hidden[1]!, norms[1]!, last);
  return {
    params: shared(config, "cls_branches", specs),
    forward(params, x) {
      let y = x;
      hidden.forEach((layer, i) => {
        y = tf.relu(norms[i]!.forward(params, layer.forward(params, y)));
      });
      return last.forward(params, y);
    },
  };
}

/** (Linear, ReLU) twice, then a linear layer to the ten codes. */
export function boxBranch(config: HeadConfig): Branch {
  const { embedDims: C } = config;
  const name = `${config.name}.reg_branches.0`;
  const hidden = [linear(`${name}.0`, C, C), linear(`${name}.2`, C, C)];
  const last = linear(`${name}.4`, C, config.codeWeights.length);
  return {
    params: shared(
      config,
      "reg_branches",
      mergeParams(...hidden, last),
    ),
    forward(params, x) {
      let y = x;
      for (const layer of hidden) y = tf.relu(layer.forward(params, y));
      return last.forward(params, y);
    },
  };
}

/** A vector [n] that never learns. */
export function fixed(values: readonly number[]): ParamSpec {
  const init = { kind: "values", values } as const;
  return { shape: [values.length], init, trainable: false };
}

/** Numbers that the reference keeps in the state dict. */
export function constants(config: HeadConfig): ParamSpecs {
  const { name, codeWeights, pcRange, positionRange } = config;
  return {
    [`${name}.code_weights`]: fixed(codeWeights),
    [`${name}.match_costs`]: fixed(codeWeights),
    [`${name}.pc_range`]: fixed(pcRange),
    [`${name}.position_range`]: fixed(positionRange),
    [`${name}.coords_d`]: fixed(depthBins(config)),
  };
}
