"""A network that nobody froze, saved by the Keras of TensorFlow 2: keras_model.py FOLDER

Writes the SavedModel `model`, the calibration images beside it and `answers.npz`: what is fed and what TensorFlow makes of it.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np
import tensorflow as tf


def network():
    layers = tf.keras.layers
    image = tf.keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv1")(image)
    x = layers.BatchNormalization(name="bn1")(x)
    x = layers.ReLU(6.0, name="relu1")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise2")(x)
    x = layers.BatchNormalization(name="bn2")(x)
    x = layers.ReLU(name="relu2")(x)
    y = layers.Conv2D(8, 1, name="conv3")(x)
    x = layers.Add(name="add")([y, x])
    x = layers.ReLU(name="relu3")(x)
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu", name="conv4")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return tf.keras.Model(image, layers.Dense(5, activation="softmax", name="dense")(x))


def main():
    (folder,) = sys.argv[1:]
    tf.keras.utils.set_random_seed(3)
    model = network()
    random = np.random.RandomState(4)
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            values = [random.uniform(0.5, 1.5, shape), random.normal(0, 0.3, shape), random.normal(0, 0.3, shape), random.uniform(0.3, 2, shape)]
            layer.set_weights(values)
    images = random.uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    tf.saved_model.save(model, os.path.join(folder, "model"))
    np.save(os.path.join(folder, "model", "calibration_set.npy"), random.uniform(-1, 1, (50, 16, 16, 3)).astype(np.float32))
    serve = tf.saved_model.load(os.path.join(folder, "model")).signatures["serving_default"]
    (answer,) = serve(tf.constant(images)).values()
    np.savez(os.path.join(folder, "answers.npz"), images=images, answer=answer.numpy())


if __name__ == "__main__":
    main()
