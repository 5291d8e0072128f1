/**
 * The functions of TensorFlow's C API that the engine calls
 * (tensorflow/c/c_api.h, tensorflow/c/eager/c_api.h), for Deno.dlopen.
 * Opaque pointers travel as u64.
 * @module
 */

const output = { struct: ["u64", "i32"] } as const;

/** Tensors, status, devices. */
const TENSORS = {
  TF_Version: { parameters: [], result: "pointer" },
  TF_NewStatus: { parameters: [], result: "u64" },
  TF_DeleteStatus: { parameters: ["u64"], result: "void" },
  TF_GetCode: { parameters: ["u64"], result: "i32" },
  TF_Message: { parameters: ["u64"], result: "pointer" },
  TF_AllocateTensor: {
    parameters: ["i32", "buffer", "i32", "usize"],
    result: "u64",
  },
  TF_DeleteTensor: { parameters: ["u64"], result: "void" },
  TF_TensorData: { parameters: ["u64"], result: "pointer" },
  TF_TensorByteSize: { parameters: ["u64"], result: "usize" },
  TF_DeviceListCount: { parameters: ["u64"], result: "i32" },
  TF_DeviceListName: { parameters: ["u64", "i32", "u64"], result: "pointer" },
  TF_DeviceListType: { parameters: ["u64", "i32", "u64"], result: "pointer" },
  TF_DeleteDeviceList: { parameters: ["u64"], result: "void" },
} as const;

/** Eager execution. */
const EAGER = {
  TFE_NewContextOptions: { parameters: [], result: "u64" },
  TFE_ContextOptionsSetConfig: {
    parameters: ["u64", "buffer", "usize", "u64"],
    result: "void",
  },
  TFE_DeleteContextOptions: { parameters: ["u64"], result: "void" },
  TFE_NewContext: { parameters: ["u64", "u64"], result: "u64" },
  TFE_ContextListDevices: { parameters: ["u64", "u64"], result: "u64" },
  TFE_ContextAddFunction: {
    parameters: ["u64", "u64", "u64"],
    result: "void",
  },
  TFE_ContextRemoveFunction: {
    parameters: ["u64", "buffer", "u64"],
    result: "void",
  },
  TFE_NewTensorHandle: { parameters: ["u64", "u64"], result: "u64" },
  TFE_DeleteTensorHandle: { parameters: ["u64"], result: "void" },
  TFE_TensorHandleResolve: { parameters: ["u64", "u64"], result: "u64" },
  /** The same on another thread: it waits for the device. */
  resolveInBackground: {
    name: "TFE_TensorHandleResolve",
    parameters: ["u64", "u64"],
    result: "u64",
    nonblocking: true,
  },
  TFE_TensorHandleCopySharingTensor: {
    parameters: ["u64", "u64"],
    result: "u64",
  },
  TFE_TensorHandleCopyToDevice: {
    parameters: ["u64", "u64", "buffer", "u64"],
    result: "u64",
  },
  TFE_TensorHandleDataType: { parameters: ["u64"], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: ["u64", "u64"], result: "i32" },
  // int64 in C; dimensions stay below 2^31 and i32 spares a BigInt a call.
  TFE_TensorHandleDim: { parameters: ["u64", "i32", "u64"], result: "i32" },
  TFE_TensorHandleDevicePointer: {
    parameters: ["u64", "u64"],
    result: "u64",
  },
  TFE_TensorHandleDeviceMemorySize: {
    parameters: ["u64", "u64"],
    result: "usize",
  },
  TFE_NewOp: { parameters: ["u64", "buffer", "u64"], result: "u64" },
  TFE_DeleteOp: { parameters: ["u64"], result: "void" },
  TFE_OpAddInput: { parameters: ["u64", "u64", "u64"], result: "void" },
  TFE_Execute: {
    parameters: ["u64", "buffer", "buffer", "u64"],
    result: "void",
  },
} as const;

/** Graphs and functions. */
const GRAPHS = {
  TF_NewGraph: { parameters: [], result: "u64" },
  TF_DeleteGraph: { parameters: ["u64"], result: "void" },
  TF_NewOperation: { parameters: ["u64", "buffer", "buffer"], result: "u64" },
  TF_AddInput: { parameters: ["u64", output], result: "void" },
  TF_AddInputList: { parameters: ["u64", "buffer", "i32"], result: "void" },
  TF_FinishOperation: { parameters: ["u64", "u64"], result: "u64" },
  TF_OperationOutputType: { parameters: [output], result: "i32" },
  TF_GraphGetTensorNumDims: {
    parameters: ["u64", output, "u64"],
    result: "i32",
  },
  TF_GraphGetTensorShape: {
    parameters: ["u64", output, "buffer", "i32", "u64"],
    result: "void",
  },
  TF_SetAttrTensor: {
    parameters: ["u64", "buffer", "u64", "u64"],
    result: "void",
  },
  TF_GraphToFunction: {
    // deno-fmt-ignore
    parameters: [
      "u64", "buffer", "u8", "i32", "buffer", "i32", "buffer", "i32",
      "buffer", "buffer", "u64", "buffer", "u64",
    ],
    result: "u64",
  },
  TF_DeleteFunction: { parameters: ["u64"], result: "void" },
} as const;

/** Attributes: the same set for eager operations and graph nodes. */
const ATTRIBUTES = {
  TFE_OpSetAttrString: {
    parameters: ["u64", "buffer", "buffer", "usize"],
    result: "void",
  },
  TFE_OpSetAttrInt: { parameters: ["u64", "buffer", "i64"], result: "void" },
  TFE_OpSetAttrIntList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TFE_OpSetAttrFloat: { parameters: ["u64", "buffer", "f32"], result: "void" },
  TFE_OpSetAttrFloatList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TFE_OpSetAttrBool: { parameters: ["u64", "buffer", "u8"], result: "void" },
  TFE_OpSetAttrType: { parameters: ["u64", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrTypeList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TFE_OpSetAttrShape: {
    parameters: ["u64", "buffer", "buffer", "i32", "u64"],
    result: "void",
  },
  TF_SetAttrString: {
    parameters: ["u64", "buffer", "buffer", "usize"],
    result: "void",
  },
  TF_SetAttrInt: { parameters: ["u64", "buffer", "i64"], result: "void" },
  TF_SetAttrIntList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TF_SetAttrFloat: { parameters: ["u64", "buffer", "f32"], result: "void" },
  TF_SetAttrFloatList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TF_SetAttrBool: { parameters: ["u64", "buffer", "u8"], result: "void" },
  TF_SetAttrType: { parameters: ["u64", "buffer", "i32"], result: "void" },
  TF_SetAttrTypeList: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
  TF_SetAttrShape: {
    parameters: ["u64", "buffer", "buffer", "i32"],
    result: "void",
  },
} as const;

/** All of them. */
export const SYMBOLS = { ...TENSORS, ...EAGER, ...GRAPHS, ...ATTRIBUTES };
