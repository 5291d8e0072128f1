"""The devkit's opening of all tables, with its reverse index.

    tables.py ROOT VERSION
"""

import sys

from nuscenes import NuScenes

from report import report

root, version = sys.argv[1:]


def work():
    nusc = NuScenes(version, root, verbose=False)
    last = nusc.sample[-1]
    reading = nusc.get("sample_data", last["data"]["LIDAR_TOP"])
    return {
        "samples": len(nusc.sample),
        "readings": len(nusc.sample_data),
        "annotations": len(nusc.sample_annotation),
        "annotated": len(last["anns"]),
        "pose": nusc.get("ego_pose", reading["ego_pose_token"])["translation"][0],
    }


report(work)
