/**
 * 2D ground truth of a camera image out of the annotated 3D boxes.
 *
 * Source: get_2d_boxes of StreamPETR's nuscenes_converter.py.
 * @module
 */
import { DETECTION_NAMES } from "../categories.ts";
import { yawOf } from "../geometry/quaternion.ts";
import type { Dataset } from "../tables/dataset.ts";
import type { Annotation, SampleData } from "../tables/rows.ts";
import { cornersOf, into } from "./boxes.ts";
import { type Point, visibleBounds } from "./hull.ts";
import { type CameraInfo, LABELS_2D } from "./types.ts";

/** 2D ground truth of one image; lists run in parallel. */
export interface CameraLabels {
  boxes: number[][];
  boxes3d: number[][];
  labels: number[];
  centers: number[][];
  depths: number[];
  visibilities: string[];
}

/** Numbers as the converter's float32 arrays hold them. */
const f32 = (values: number[]) => values.map(Math.fround);

/** Projects (x, y, z) in the camera's frame, metres, to pixels. */
function project(K: number[][], [x, y, z]: number[]): Point {
  const row = (i: number) => (K[i]![0]! * x! + K[i]![1]! * y! + K[i]![2]! * z!);
  return [row(0) / row(2), row(1) / row(2)];
}

/** All boxes that the image shows, whatever their LiDAR points or range. */
export function cameraLabels(
  dataset: Dataset,
  annotations: readonly Annotation[],
  data: SampleData,
  camera: CameraInfo,
): CameraLabels {
  const sensor = dataset.get(
    "calibrated_sensor",
    data.calibrated_sensor_token,
    data.token,
  );
  const ego = dataset.get("ego_pose", data.ego_pose_token, data.token);
  const K = camera.cam_intrinsic;
  const out: CameraLabels = {
    boxes: [],
    boxes3d: [],
    labels: [],
    centers: [],
    depths: [],
    visibilities: [],
  };
  for (const annotation of annotations) {
    const name = DETECTION_NAMES[dataset.categoryOf(annotation)];
    if (!name) continue;
    const { translation, rotation, size } = annotation;
    const box = into(
      sensor,
      into(ego, { center: translation, orientation: rotation }),
    );
    const [x, y, depth] = box.center as [number, number, number];
    const corners = cornersOf(box, size).filter(([, , z]) => z! > 0);
    const pixels = corners.map((corner) => project(K, corner));
    const seen = visibleBounds(pixels, camera.width, camera.height);
    if (!seen || depth <= 0) continue;
    const [width, height] = [seen[2] - seen[0], seen[3] - seen[1]];
    if (width < 1 || height < 1) continue;
    const [w, l, h] = size as [number, number, number];
    out.boxes.push(f32(seen));
    out.boxes3d.push(f32([x, y, depth, l, h, w, -yawOf(box.orientation)]));
    out.labels.push(LABELS_2D.indexOf(name));
    out.centers.push(f32([...project(K, box.center)]));
    out.depths.push(Math.fround(depth));
    out.visibilities.push(annotation.visibility_token);
  }
  return out;
}
