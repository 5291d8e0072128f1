/**
 * The networks and what belongs to training them, as pure functions.
 * @module
 */
export * from "./cpfpn.ts";
export * from "./fpn.ts";
export * from "./init.ts";
export * from "./module.ts";
export * from "./nn/mod.ts";
export * from "./optim/mod.ts";
export * from "./petr/mod.ts";
export * from "./random.ts";
export * from "./repdetr3d/mod.ts";
export * from "./resnet.ts";
export * from "./streampetr/mod.ts";
export * from "./vit/mod.ts";
export * from "./vovnet.ts";
export * from "./weights/mod.ts";
