"""Measures what batch norms normalize, with real TensorFlow: python statisticsAgainstTensorflow.py FOLDER.

A small network with fused and written-out batch norms, behind convolutions, a depthwise one, a bias, a relu and a matrix product, whose
statistics are drawn at random. Batch norm after batch norm the mean and variance of its input over all images, in float64, take the place
of the drawn ones. FOLDER/statistics.json is what test/interop/statistics.test.ts holds the engine against, and test/unit/engine/train/statistics.test.ts
against what TensorFlow 1.14 wrote, test/unit/train/recordedStatistics.json.
"""

import base64
import json
import os
import sys

import numpy as np
import tensorflow

tf = tensorflow.compat.v1
tf.disable_eager_execution()

rng = np.random.RandomState(7)
IMAGES, SIZE, CHANNELS = 20, 8, 3
images = (rng.rand(IMAGES, SIZE, SIZE, CHANNELS) * 2 - 1).astype(np.float32)
images[:, :, :, 1] += 0.3
normalized = []


def variable(name, value):
    return tf.get_variable(name, initializer=np.asarray(value, np.float32))


def parameters(scope, x, channels):
    gamma = variable(scope + "/gamma", 0.5 + rng.rand(channels))
    beta = variable(scope + "/beta", rng.randn(channels) * 0.2)
    mean = variable(scope + "/moving_mean", rng.randn(channels) * 3)
    variance = variable(scope + "/moving_variance", 0.05 + rng.rand(channels) * 9)
    normalized.append((scope, x, mean, variance))
    return gamma, beta, mean, variance


def fused(scope, x, channels):
    gamma, beta, mean, variance = parameters(scope, x, channels)
    return tf.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=1e-3, is_training=False, name=scope)[0]


def written_out(scope, x, channels, with_gamma=True):
    gamma, beta, mean, variance = parameters(scope, x, channels)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma if with_gamma else None, 1e-3, name=scope)


x = tf.placeholder(tf.float32, [None, SIZE, SIZE, CHANNELS], name="input")
y = tf.nn.conv2d(x, variable("a/w", rng.randn(3, 3, CHANNELS, 6) * 0.3), [1, 1, 1, 1], "SAME", name="a/conv")
y = tf.nn.relu6(fused("a/bn", y, 6))
z = tf.nn.depthwise_conv2d(y, variable("b/w", rng.randn(3, 3, 6, 1) * 0.4), [1, 2, 2, 1], "SAME", name="b/dw")
z = tf.nn.relu6(written_out("b/bn", z, 6))
z = tf.nn.conv2d(z, variable("c/w", rng.randn(1, 1, 6, 8) * 0.4), [1, 1, 1, 1], "SAME", name="c/conv")
z = tf.nn.bias_add(z, variable("c/bias", rng.randn(8)), name="c/add")
z = tf.nn.relu(fused("c/bn", z, 8))
s = tf.nn.relu(written_out("d/bn", z, 8, with_gamma=False))
p = tf.nn.avg_pool(s, [1, 4, 4, 1], [1, 1, 1, 1], "VALID", name="pool")
p = tf.reshape(p, [-1, 8], name="flat")
p = tf.matmul(p, variable("e/w", rng.randn(8, 5)), name="e/matmul")
p = written_out("e/bn", p, 5)
output = tf.nn.softmax(p, name="output")

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    graph = tf.graph_util.convert_variables_to_constants(session, tf.get_default_graph().as_graph_def(), ["output"])
    statistics = {}
    for scope, tensor, mean_variable, variance_variable in normalized:
        values = session.run(tensor, {x: images}).astype(np.float64)
        axes = tuple(range(values.ndim - 1))
        mean, variance = values.mean(axes), values.var(axes)
        statistics[scope] = {"mean": mean.tolist(), "variance": variance.tolist()}
        mean_variable.load(mean.astype(np.float32), session)
        variance_variable.load(variance.astype(np.float32), session)
    after = session.run(output, {x: images})

text = lambda data: base64.b64encode(data).decode()
with open(os.path.join(sys.argv[1], "statistics.json"), "w") as file:
    json.dump(
        {
            "graph": text(graph.SerializeToString()),
            "shape": list(images.shape),
            "images": text(images.tobytes()),
            "statistics": statistics,
            "output": after.ravel().tolist(),
        },
        file,
    )
