"""Trains a toy with real TensorFlow's Adam, staircases and moving averages: python trainingAgainstTensorflow.py FOLDER writes FOLDER/training.json.

Nine thresholds, each pushed up below a place of its own and down above it, and a vector of weights. Gradients are exact functions of what the
thresholds are, so that whoever follows step by step computes the same ones. Thresholds freeze by the rule of the published script, with its
constants scaled down. test/interop/training.test.ts holds the engine's model of the schedule against the file; the same file, recorded
with TensorFlow 1.14, is test/unit/train/tensorflow.json.
"""

import json
import math
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_eager_execution()

STEPS, START, INTERVAL = 400, 80, 20
RATE, DECAY, DECAY_STEPS = 8e-2, 0.5, 120
EMA = 0.99
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
# Where each threshold changes direction, and how much steeper it is below than above.
PLACES = [-3.0, -1.25, 0.0, 0.5, 1.0, 2.0, 2.75, 4.0, 0.125]
STEEPNESS = [1.0, 4.0, 16.0, 1.0, 64.0, 2.0, 1.0, 8.0, 0.0]
STARTS = [-2.75, -1.5, 0.125, -0.25, 1.5, 2.25, 1.75, 3.75, 0.1875]
WEIGHTS = 12


class Noise:
    """Numbers 0 … 255 of a linear congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state >> 24


def threshold_gradients(values, noise):
    """Multiples of 1/1024, so that they are exact in float32."""
    gradients = []
    for value, place, steepness in zip(values, PLACES, STEEPNESS):
        push = (noise.next() + 1) / 1024
        gradients.append(push if value > place else -push * steepness)
    return gradients


def main():
    noise = Noise(2019)
    step = tf1.placeholder(tf.float32, [])
    thresholds = [tf1.get_variable("threshold_%d" % i, initializer=np.float32(start)) for i, start in enumerate(STARTS)]
    weights = tf1.get_variable("weights", initializer=np.linspace(-1, 1, WEIGHTS).astype(np.float32))
    feeds = [tf1.placeholder(tf.float32, []) for _ in thresholds]
    weight_feed = tf1.placeholder(tf.float32, [WEIGHTS])
    rate = tf1.train.exponential_decay(RATE, step, DECAY_STEPS, DECAY, staircase=True)
    adam = tf1.train.AdamOptimizer(rate, BETA1, BETA2, EPSILON)
    weight_adam = tf1.train.AdamOptimizer(1e-3, BETA1, BETA2, EPSILON)
    apply = tf.group(adam.apply_gradients(list(zip(feeds, thresholds))), weight_adam.apply_gradients([(weight_feed, weights)]))
    averages = tf1.train.ExponentialMovingAverage(EMA, num_updates=step, zero_debias=True)
    reads = [tf.identity(threshold) for threshold in thresholds]
    average = averages.apply(reads)
    means = [averages.average(read) for read in reads]

    frozen, order, record = [], [], []
    accumulated = [0.0] * len(thresholds)
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        values = session.run(thresholds)
        for number in range(STEPS):
            gradients = threshold_gradients(values, noise)
            weight_gradients = [(noise.next() - 128) / 4096 for _ in range(WEIGHTS)]
            kept = values
            feed = {step: number, weight_feed: weight_gradients, **dict(zip(feeds, gradients))}
            _, used = session.run([apply, rate], feed)
            # Hard freeze: a frozen threshold keeps its value.
            for i in frozen:
                thresholds[i].load(kept[i], session)
            values = session.run(thresholds)
            session.run(average, {step: number})
            ema = session.run(means)
            done = number + 1
            if done > START:
                accumulated = [total + gradient for total, gradient in zip(accumulated, gradients)]
                if done % INTERVAL == 0:
                    ranking = sorted(range(len(thresholds)), key=lambda i: abs(accumulated[i] / INTERVAL))
                    for i in ranking:
                        if i not in frozen and math.ceil(values[i]) == math.ceil(ema[i]):
                            frozen.append(i)
                            order.append([done, i])
                            break
                    accumulated = [0.0] * len(thresholds)
            if done <= 3 or done % 40 == 0:
                vector = session.run(weights)
                record.append({
                    "step": done,
                    "rate": float(used),
                    "thresholds": [float(value) for value in values],
                    "averages": [float(value) for value in ema],
                    "weights": [float(value) for value in vector],
                })
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "steps": STEPS, "start": START, "interval": INTERVAL, "rate": RATE, "decay": DECAY, "decaySteps": DECAY_STEPS, "average": EMA,
        "adam": {"beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON}, "weightRate": 1e-3,
        "places": PLACES, "steepness": STEEPNESS, "starts": STARTS, "weights": WEIGHTS,
    }
    written = {"settings": settings, "frozen": order, "record": record}
    (folder / "training.json").write_text(json.dumps(written, separators=(",", ":")) + "\n", encoding="utf-8")
    print("%d steps, %d thresholds frozen" % (STEPS, len(order)))


main()
