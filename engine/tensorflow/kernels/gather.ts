/**
 * Gather without a look at the indices: tfjs-node's own reads them back to
 * check their range, a stall on a device and impossible while recording.
 * TensorFlow refuses wrong ones by itself on the CPU; on GPUs they give zeros.
 * @module
 */
import { ATTRIBUTE } from "../attributes.ts";
import { override, typeOf, withInts } from "./override.ts";

/** Registers GatherV2. */
export function registerGather(): void {
  override(
    "GatherV2",
    ({ x, indices }, { axis, batchDims }, backend) =>
      withInts(
        [axis],
        [],
        (axisTensor) =>
          backend.executeSingleOutput("GatherV2", [
            { name: "batch_dims", type: ATTRIBUTE.int, value: batchDims ?? 0 },
            typeOf("Tparams", x.dtype),
            typeOf("Tindices", indices.dtype),
            typeOf("Taxis", "int32"),
          ], [x, indices, axisTensor]),
      ),
  );
}
