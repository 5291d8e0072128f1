"""The devkit's tracking metrics of a results file.

    tracking.py ROOT VERSION SPLIT RESULTS
"""

import sys
import tempfile

from nuscenes.eval.common.config import config_factory
from nuscenes.eval.tracking.evaluate import TrackingEval

from report import report

root, version, split, results = sys.argv[1:]


def work():
    with tempfile.TemporaryDirectory() as out:
        config = config_factory("tracking_nips_2019")
        task = TrackingEval(config, results, split, out, version, root, verbose=False)
        metrics, _ = task.evaluate()
    found = metrics.serialize()
    return {"AMOTA": found["amota"], "AMOTP": found["amotp"], "IDS": found["ids"]}


report(work)
