/**
 * LiDAR files: `.pcd.bin`, five little-endian float32 a point.
 * @module
 */
import { readFile } from "node:fs/promises";
import { DatasetError } from "../errors.ts";

/** Numbers a point. */
const WIDTH = 5;

/** Points of one LiDAR turn. */
export interface PointCloud {
  /** Number of points; 34,688 in a file of nuScenes. */
  count: number;
  /**
   * [count][5]: x, y, z (metres, sensor frame), intensity (0 to 255), ring
   * (0 to 31).
   */
  data: Float32Array<ArrayBuffer>;
}

/**
 * Reads a LiDAR file.
 * @throws {DatasetError} if it is absent or ends in the middle of a point
 */
export async function readPointCloud(path: string): Promise<PointCloud> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new DatasetError(
      `Found no LiDAR file ${path}, which sample_data.json names. Unpack the ` +
        "dataset's sensor archives under the same root",
    );
  }
  if (bytes.length % (4 * WIDTH)) {
    throw new DatasetError(
      `Found ${bytes.length} bytes in ${path}, expected a multiple of ` +
        `${4 * WIDTH} (x, y, z, intensity, ring as float32): the file is cut ` +
        "off or no LiDAR file. Copy it again from the dataset's archive",
    );
  }
  // A copy begins at a multiple of four bytes, as float32 needs.
  const data = new Float32Array(new Uint8Array(bytes).buffer);
  return { count: data.length / WIDTH, data };
}
