"""Six JPEGs to a frame's input, as StreamPETR's loader does it, with Pillow."""

import pathlib

import numpy as np
import torch
from PIL import Image

HEIGHT, WIDTH = 256, 704
CAMERAS = ["FRONT", "FRONT_RIGHT", "FRONT_LEFT", "BACK", "BACK_LEFT",
           "BACK_RIGHT"]
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)


class Images:
    """The views are those of bench/feed/jobs.ts."""

    def __init__(self, root):
        samples = pathlib.Path(root) / "samples"
        self.files = [sorted((samples / f"CAM_{name}").iterdir()) for name in CAMERAS]

    def read(self, frame):
        r = 0.38 + 0.17 * ((frame * 7) % 20) / 19
        size = int(1600 * r), int(900 * r)
        left, top = int(max(0, size[0] - WIDTH) / 2), size[1] - HEIGHT
        out = []
        for paths in self.files:
            image = Image.open(paths[frame % len(paths)]).resize(size)
            image = image.crop((left, top, left + WIDTH, top + HEIGHT))
            if frame % 2 == 1:
                image = image.transpose(method=Image.FLIP_LEFT_RIGHT)
            out.append((np.array(image).astype(np.float32) - MEAN) / STD)
        return torch.from_numpy(np.stack(out)).permute(0, 3, 1, 2).contiguous()
