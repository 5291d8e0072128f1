"""The devkit's detection metrics of a results file.

    detection.py ROOT VERSION SPLIT RESULTS
"""

import sys
import tempfile

from nuscenes import NuScenes
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.detection.evaluate import DetectionEval

from report import report

root, version, split, results = sys.argv[1:]


def work():
    nusc = NuScenes(version, root, verbose=False)
    with tempfile.TemporaryDirectory() as out:
        config = config_factory("detection_cvpr_2019")
        task = DetectionEval(nusc, config, results, split, out, verbose=False)
        metrics, _ = task.evaluate()
    return {"mAP": metrics.mean_ap, "NDS": metrics.nd_score}


report(work)
