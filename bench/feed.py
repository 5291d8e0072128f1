"""The reference's image steps: decode, resize, crop, flip, normalise.

Median milliseconds of one core for the six images of a frame. cv2 decodes in
the reference; Pillow does here, with the same libjpeg.
"""
import json
import random
import sys
import time

import numpy as np
from PIL import Image

MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)


def frame(paths):
    r = random.uniform(0.38, 0.55)
    size = (int(1600 * r), int(900 * r))
    left, top = int(random.uniform(0, max(0, size[0] - 704))), size[1] - 256
    flip = random.random() < 0.5
    out = []
    for path in paths:
        image = Image.open(path).convert("RGB").resize(size)
        image = image.crop((left, top, left + 704, top + 256))
        if flip:
            image = image.transpose(method=Image.FLIP_LEFT_RIGHT)
        out.append((np.array(image).astype(np.float32) - MEAN) / STD)
    return np.stack(out)


cpu, wall = [], []
for paths in json.loads(sys.argv[1]) * 3:
    used, start = time.process_time(), time.perf_counter()
    frame(paths)
    cpu.append((time.process_time() - used) * 1e3)
    wall.append((time.perf_counter() - start) * 1e3)
print(json.dumps(dict(cpu=float(np.median(cpu)), wall=float(np.median(wall)))))
