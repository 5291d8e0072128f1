"""Frames from files to network input, as StreamPETR's loader does it.

    feed.py ROOT

The reference decodes with OpenCV; Pillow decodes here, by the same library.
"""

import pathlib
import sys

import numpy as np
from PIL import Image

from report import report

FRAMES = 60
HEIGHT, WIDTH = 256, 704
CAMERAS = ["FRONT", "FRONT_RIGHT", "FRONT_LEFT", "BACK", "BACK_LEFT",
           "BACK_RIGHT"]
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)

root = pathlib.Path(sys.argv[1])
files = [sorted((root / "samples" / f"CAM_{name}").iterdir())
         for name in CAMERAS]


def read(frame):
    r = 0.38 + 0.17 * ((frame * 7) % 20) / 19
    size = int(1600 * r), int(900 * r)
    left, top = int(max(0, size[0] - WIDTH) / 2), size[1] - HEIGHT
    out = []
    for paths in files:
        image = Image.open(paths[frame % len(paths)]).resize(size)
        image = image.crop((left, top, left + WIDTH, top + HEIGHT))
        if frame % 2 == 1:
            image = image.transpose(method=Image.FLIP_LEFT_RIGHT)
        out.append((np.array(image).astype(np.float32) - MEAN) / STD)
    return np.stack(out)


def work():
    total = 0
    for frame in range(FRAMES):
        images = read(frame)
        if frame % 20 == 0:
            total += int(np.rint(images * STD + MEAN).sum(dtype=np.int64))
    return {"sum": total}


report(work)
