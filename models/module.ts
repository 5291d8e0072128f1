/**
 * The conventions of all network parts.
 *
 * A part is built once (`linear("head.fc", 256, 10)`) and then is two things:
 * the specs of the parameters it needs, and a pure function of them. Names
 * are the PyTorch state_dict names of the reference; shapes in specs are
 * PyTorch's too. In memory one layout differs: 4-D convolution kernels are
 * HWIO (see weights/layout.ts), since every step would transpose them
 * otherwise. Activations are NHWC.
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs-core";

/** Tensors by name. */
export type Tensors = Record<string, Tensor>;

/** Parameters and buffers by state_dict name. */
export type Params = Readonly<Record<string, Tensor>>;

/** How a parameter starts when no checkpoint holds it. */
export type Initializer =
  | { kind: "constant"; value: number }
  | { kind: "uniform"; low: number; high: number }
  | { kind: "normal"; mean: number; std: number }
  /** U(-b, b), b = gain·sqrt(6 / (fanIn + fanOut)). */
  | { kind: "xavier-uniform"; gain?: number }
  /** N(0, 2 / fanOut): He et al. 2015, mode fan_out. */
  | { kind: "kaiming-normal-fan-out" }
  /** U(-b, b), b = 1 / sqrt(fanIn): the default of torch Linear and Conv. */
  | { kind: "torch-default"; fanIn: number }
  /** Given numbers, such as the depth bins. */
  | { kind: "values"; values: readonly number[] };

/** What is known of a parameter before it exists. */
export interface ParamSpec {
  /** PyTorch shape: OIHW for convolutions, [out, in] for linear layers. */
  readonly shape: readonly number[];
  /** Where its first numbers come from. */
  readonly init: Initializer;
  /** False for buffers, frozen norms and constants. */
  readonly trainable: boolean;
  /** Running statistics, tables: in the state dict, never in the optimizer. */
  readonly buffer?: boolean;
  /** Other state_dict names of the same tensor (shared heads). */
  readonly aliases?: readonly string[];
}

/** Specs by state_dict name, without aliases. */
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

/** What differs between training and inference while a forward pass runs. */
export interface Pass {
  /** Dropout, batch statistics and denoising only where true. */
  readonly training: boolean;
  /**
   * Uniform [0, 1) numbers of this shape, new at each call; absent when
   * nothing random may happen.
   */
  readonly uniform?: (shape: number[]) => Tensor;
  /** New values of buffers (running statistics), filled by batch norms. */
  readonly updates?: Map<string, Tensor>;
  /** Present where checkpointed parts compute again what they do not keep. */
  readonly recompute?: Recompute;
  /** Present where batch norms share their statistics (SyncBN). */
  readonly synchronize?: Synchronize;
}

/** Batch statistics over processes that train together. */
export interface Synchronize {
  /** How many there are, each with as many values. */
  readonly processes: number;
  /** Mean over the processes of such a tensor, with a gradient likewise. */
  mean(statistics: Tensor): Tensor;
}

/** What computing a part again in the backward pass needs. */
export interface Recompute {
  /** The same values, which exist only once `after` does. */
  barrier(values: Tensor[], after: Tensor): Tensor[];
  /**
   * A pass that draws the same numbers as this one from here on, updates
   * nothing and keeps all values.
   */
  replay(): Pass;
}

/** The pass of inference. */
export const INFERENCE: Pass = { training: false };

/** A built part: its parameters and a pure function of them. */
export interface Module<Args extends unknown[], Result> {
  /** Every parameter and buffer that `forward` asks for, by full name. */
  readonly params: ParamSpecs;
  /** Pure: nothing is kept between calls; tensors belong to the caller's tidy. */
  forward(params: Params, ...args: Args): Result;
}
