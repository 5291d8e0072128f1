"""Records what Pillow 11.3 makes of small images; run once, by hand.

    pip install pillow==11.3.0 numpy; python make.py
"""
import base64, gzip, io, json, pathlib
import numpy as np
from PIL import Image


def noise(width, height, seed, hard):
    """Bytes of a linear congruential generator, which the test repeats."""
    out, x = np.empty(width * height * 3, np.uint8), seed
    for i in range(out.size):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out[i] = (x >> 16) & 255
    if hard:
        out = np.where(out > 127, 255, 0).astype(np.uint8)
    return out.reshape(height, width, 3)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


resize = []
for seed, (w, h, W, H) in enumerate([
    (97, 61, 43, 27), (64, 48, 64, 20), (64, 48, 20, 48), (31, 33, 70, 81),
    (160, 90, 70, 39), (50, 40, 50, 40), (13, 200, 5, 70), (200, 9, 33, 2),
    (1, 1, 7, 5), (90, 50, 1, 1),
]):
    image = Image.fromarray(noise(w, h, seed, seed % 2 == 1))
    resize.append(dict(source=[w, h], size=[W, H], seed=seed,
                       hard=seed % 2 == 1, pixels=text(image.resize((W, H)))))

smooth = np.array(Image.fromarray(noise(20, 12, 7, False)).resize((160, 90)))
file = io.BytesIO()
Image.fromarray(smooth).save(file, "JPEG", quality=85)  # chroma 4:2:0
views = []
fW, fH = 64, 32
for resize_factor, top, left, flip, rotate in [
    (0.44, 7, 3, False, 0), (0.44, 7, 3, True, 0), (0.3, -4, 0, False, 0),
    (0.31, -5, 0, True, 0), (0.55, 17, 20, False, 5.4),
    (0.5, 13, 9, True, -3.25), (0.3, -5, 0, True, 22.5), (1.3, 80, 60, True, 0),
    (0.44, 7, 3, False, 180),
]:
    # The order of StreamPETR's ResizeCropFlipRotImage._img_transform.
    image = Image.open(io.BytesIO(file.getvalue()))
    size = (int(160 * resize_factor), int(90 * resize_factor))
    image = image.resize(size).crop((left, top, left + fW, top + fH))
    if flip:
        image = image.transpose(method=Image.FLIP_LEFT_RIGHT)
    views.append(dict(resize=resize_factor, resizedWidth=size[0],
                      resizedHeight=size[1], left=left, top=top, width=fW,
                      height=fH, flip=flip, rotate=rotate,
                      pixels=text(image.rotate(rotate))))

record = dict(resize=resize, jpeg=base64.b64encode(file.getvalue()).decode(),
              views=views)
path = pathlib.Path(__file__).with_name("pillow.json.gz")
path.write_bytes(gzip.compress(json.dumps(record).encode(), mtime=0))
