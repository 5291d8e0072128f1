"""StreamPETR's converter on all samples, without the disk.

    frames.py ROOT VERSION CLONE

CLONE holds StreamPETR's source. Its converter imports two large packages for
five small functions; these stand in for them. Images are not decoded, though
the converter does that to learn their size, and nothing is written.
"""

import json
import sys
import types

import numpy as np
from nuscenes.eval.detection.utils import category_to_detection_name

from report import report

root, version, clone = sys.argv[1:]


class Image:
    shape = (900, 1600, 3)


def points_cam2img(points, matrix, with_depth=False):
    """Projects points [n, 3] of the camera frame; pixels and depth."""
    found = points.astype(np.float32) @ np.asarray(matrix, np.float32).T
    pixels = found[:, :2] / found[:, 2:]
    return np.concatenate([pixels, found[:, 2:]], 1) if with_depth else pixels


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made


def classes():
    with open(f"{root}/{version}/category.json") as file:
        names = [row["name"] for row in json.load(file)]
    found = {name: category_to_detection_name(name) for name in names}
    return {name: kind for name, kind in found.items() if kind}


written = []
module(
    "mmcv",
    is_filepath=lambda path: True,
    check_file_exist=lambda path: None,
    imread=lambda path: Image,
    track_iter_progress=lambda items: items,
    dump=lambda data, path: written.extend(data["infos"]),
)
module("mmdet3d")
module("mmdet3d.core")
module("mmdet3d.core.bbox", points_cam2img=points_cam2img)
dataset = type("NuScenesDataset", (), {"NameMapping": classes()})
module("mmdet3d.datasets", NuScenesDataset=dataset)

sys.path.insert(0, f"{clone}/tools/data_converter")
import nuscenes_converter as converter  # noqa: E402

original = converter.post_process_coords


def guarded(*args):
    """It fails where fewer than three corners are before the camera."""
    try:
        return original(*args)
    except AttributeError:
        return None


converter.post_process_coords = guarded


def work():
    converter.create_nuscenes_infos(root, "bench", version)
    return {
        "samples": len(written),
        "boxes": sum(len(info["gt_boxes"]) for info in written),
    }


report(work)
