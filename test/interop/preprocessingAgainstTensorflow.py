"""Preprocesses pictures with real TensorFlow: python preprocessingAgainstTensorflow.py FOLDER writes FOLDER/preprocessing.json.

The steps are those of slim's and Graffitist's scripts (tf.image of TensorFlow 1.x). Pictures are drawn by a formula that test/unit/data/drawnPicture.ts
has too; photographs of ../shared are decoded here and their pixels written to FOLDER/pixels. test/interop/preprocessing.test.ts holds the engine
against it; the same file of drawn pictures, written by TensorFlow 1.14, is test/unit/data/tensorflow114.json.
"""

import json
import os
import pathlib
import sys
import zlib
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.enable_eager_execution()
folder = pathlib.Path(sys.argv[1])


def drawn(height: int, width: int) -> np.ndarray:
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 7 + y * 13 + c * 29 + (x * y) % 11 * 5 + (x ^ y) * 3) % 256).astype(np.uint8)


def bilinear(image: Any, height: Any, width: Any) -> Any:
    return v1.image.resize_bilinear(tf.expand_dims(image, 0), [height, width], align_corners=False)[0]


def cropped(image: Any, height: int, width: int) -> Any:
    return bilinear(v1.image.central_crop(image, 0.875), height, width)


def unit(image: np.ndarray) -> Any:
    return v1.image.convert_image_dtype(tf.constant(image), tf.float32)


def short_side(image: np.ndarray, side: int, height: int, width: int) -> Any:
    """slim's _aspect_preserving_resize and _central_crop."""
    rows, columns = tf.cast(image.shape[0], tf.float32), tf.cast(image.shape[1], tf.float32)
    scale = tf.cast(side, tf.float32) / (columns if image.shape[0] > image.shape[1] else rows)
    new_rows = tf.cast(v1.rint(rows * scale), tf.int32)
    new_columns = tf.cast(v1.rint(columns * scale), tf.int32)
    resized = bilinear(tf.constant(image), new_rows, new_columns)
    top, left = int((int(new_rows) - height) / 2), int((int(new_columns) - width) / 2)
    return resized[top : top + height, left : left + width]


def minus(image: Any, means: list) -> Any:
    return image - tf.constant(np.array(means, np.float32))


RULES: dict = {
    "inception": lambda im, h, w: tf.multiply(tf.subtract(cropped(unit(im), h, w), 0.5), 2.0),
    "darknet": lambda im, h, w: cropped(unit(im), h, w),
    "vgg": lambda im, h, w: minus(short_side(im, 256, h, w), [123.68, 116.78, 103.94]),
    "inception-caffe": lambda im, h, w: minus(cropped(tf.constant(im), h, w)[:, :, ::-1], [104, 117, 123]),
    "mobilenet-caffe": lambda im, h, w: minus(cropped(tf.constant(im), h, w)[:, :, ::-1], [103.94, 116.78, 123.68]) * 0.017,
    "vgg-caffe": lambda im, h, w: minus(short_side(im, 256, h, w)[:, :, ::-1], [103.939, 116.779, 123.68]),
    "signed": lambda im, h, w: bilinear(tf.constant(im), h, w) / 127.5 - 1.0,
    "unit": lambda im, h, w: bilinear(tf.constant(im), h, w) / 255.0,
    "bytes": lambda im, h, w: bilinear(tf.constant(im), h, w),
}

# Height and width of the picture, height and width of the input: square and not, smaller and larger, sizes that divide and that do not.
SIZES = [
    (37, 53, 8, 8), (53, 37, 8, 8), (64, 64, 16, 16), (7, 5, 12, 9), (1, 1, 4, 4), (375, 500, 224, 224), (500, 333, 224, 224), (499, 377, 128, 160),
    (256, 256, 256, 256), (32, 32, 32, 32), (299, 451, 96, 96), (2, 300, 16, 16), (1023, 683, 224, 224),
]


def answer(rule: str, image: np.ndarray, height: int, width: int) -> dict:
    values = np.ascontiguousarray(RULES[rule](image, height, width).numpy(), np.float32)
    first = [float(str(x)) for x in values.reshape(-1)[:6]]
    return {"rule": rule, "size": [height, width], "crc": zlib.crc32(values.tobytes()) & 0xFFFFFFFF, "first": first}


cases = [
    {"picture": [rows, columns], **answer(rule, drawn(rows, columns), height, width)}
    for rows, columns, height, width in SIZES
    for rule in RULES
]
photographs = []
images = pathlib.Path(__file__).resolve().parents[3] / "shared" / "cases" / "imagenet_mobilenet" / "images"
if len(sys.argv) < 3 and images.is_dir():
    (folder / "pixels").mkdir(parents=True, exist_ok=True)
    for file in sorted(images.glob("*.JPEG")):
        image = tf.image.decode_jpeg(file.read_bytes(), channels=3).numpy()
        np.save(str(folder / "pixels" / (file.stem + ".npy")), image)
        for rule, side in [("inception", 128), ("vgg", 224), ("mobilenet-caffe", 224)]:
            photographs.append({"pixels": file.stem + ".npy", **answer(rule, image, side, side)})

lines = [json.dumps(case) for case in cases]
text = '{"tensorflow": %s, "cases": [\n%s\n], "photographs": %s}\n' % (json.dumps(tf.__version__), ",\n".join(lines), json.dumps(photographs))
(folder / "preprocessing.json").write_text(text)
