"""What real TensorFlow makes of images and records: python imagesAgainstTensorflow.py FOLDER.

Reads the forms and records that main.ts wrote to FOLDER/images, encodes some more itself, and decodes all of them and the photographs of
the reference cases. images.json holds the pixels of the forms (recorded, it is test/unit/formats/images/tensorflow.json), encoded.json
and photographs/ those of the others, records.json what stands in our records; *.tfrecord are records of its own.
"""

import base64
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

folder = pathlib.Path(sys.argv[1]) / "images"
photographs = pathlib.Path(__file__).resolve().parents[3] / "shared" / "cases" / "imagenet_mobilenet" / "images"


def decode(data: bytes) -> np.ndarray:
    return tf.io.decode_image(data, channels=3, expand_animations=False).numpy()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def pixels(data: bytes) -> dict:
    image = decode(data)
    return {"width": image.shape[1], "height": image.shape[0], "pixels": text(image.tobytes())}


def drawing(channels: int, dtype: type) -> np.ndarray:
    """Slopes that reach both ends of the type."""
    y, x, c = np.mgrid[0:37, 0:53, 0:channels]
    most = np.iinfo(dtype).max
    return ((x * (7 + 5 * c) + y * (11 - 3 * c)) % 64 / 63 * most).astype(dtype)


def encoded() -> dict:
    files = {}
    for channels in (1, 2, 3, 4):
        for dtype in (np.uint8, np.uint16):
            files[f"PNG, {channels} channels of {dtype.__name__}"] = tf.io.encode_png(drawing(channels, dtype))
    for quality in (1, 50, 95, 100):
        for progressive in (False, True):
            for halved in (False, True):
                name = f"JPEG, quality {quality}{', progressive' if progressive else ''}{', chroma halved' if halved else ''}"
                files[name] = tf.io.encode_jpeg(
                    drawing(3, np.uint8), quality=quality, progressive=progressive, chroma_downsampling=halved
                )
        files[f"JPEG, grey, quality {quality}"] = tf.io.encode_jpeg(drawing(1, np.uint8), format="grayscale", quality=quality)
    return {name: data.numpy() for name, data in files.items()}


def feature(value: tf.train.Feature) -> dict:
    kind = value.WhichOneof("kind")
    if kind == "bytes_list":
        return {"kind": "bytes", "values": [text(item) for item in value.bytes_list.value]}
    if kind == "float_list":
        return {"kind": "float", "values": list(value.float_list.value)}
    return {"kind": "int64", "values": list(value.int64_list.value)}


def example(record: bytes) -> dict:
    return {key: feature(value) for key, value in tf.train.Example.FromString(record).features.feature.items()}


forms = json.loads((folder / "forms.json").read_text())
(folder / "images.json").write_text(
    json.dumps({form["name"]: pixels(pathlib.Path(form["file"]).read_bytes()) for form in forms}, indent=1)
)
(folder / "encoded.json").write_text(
    json.dumps({name: {"file": text(data), **pixels(data)} for name, data in encoded().items()})
)

(folder / "photographs").mkdir(exist_ok=True)
for path in sorted(photographs.glob("*.JPEG")):
    (folder / "photographs" / f"{path.name}.rgb").write_bytes(decode(path.read_bytes()).tobytes())

ours = list(tf.data.TFRecordDataset(str(folder / "ours.tfrecord")).as_numpy_iterator())
(folder / "records.json").write_text(json.dumps([example(record) for record in ours]))
for packing in ("", "GZIP", "ZLIB"):
    name = f"theirs{'-' if packing else ''}{packing}.tfrecord"
    with tf.io.TFRecordWriter(str(folder / name), options=tf.io.TFRecordOptions(compression_type=packing)) as writer:
        for record in ours:
            writer.write(tf.train.Example.FromString(record).SerializeToString())
