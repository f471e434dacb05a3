"""Has TensorFlow load what the command line wrote: check.py MANIFEST REPORT KIND...

Checks of those kinds are made; `eager` stands alone, with TensorFlow 2 as it is by default. The manifest lists checks (test/interop/checks.ts), the report says of each `passed` or `failed`, and why.
"""
import importlib.util
import json
import os
import sys
import traceback
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
warnings.filterwarnings("ignore")
import h5py
import numpy as np
import tensorflow as tf

import graphs

v1 = tf.compat.v1
if "eager" not in sys.argv:
    v1.disable_eager_execution()
v1.logging.set_verbosity(v1.logging.ERROR)

# Float networks of up to fifty layers are summed in another order in float32: a share of the largest output.
FLOAT_TOLERANCE = 2e-5


def arrays_of(path):
    with np.load(path) as stored:
        return [(key.split("|", 1)[0], key.split("|", 1)[1].replace("|", "/"), stored[key]) for key in stored.files]


def check_graph(check):
    """The file loads, its variables are restored, and it computes what the engine computed: quantizers to the last bit."""
    running = graphs.opened(check["file"], check["form"], check["checkpoint"])
    try:
        if check["answers"] is None:
            return "%d nodes imported" % len(running.graph.get_operations())
        stored = arrays_of(check["answers"])
        feeds = {name + ":0": value for kind, name, value in stored if kind == "feed"}
        wanted = [(kind, name, value) for kind, name, value in stored if kind != "feed"]
        results = running.run([name + ":0" for _, name, _ in wanted], feeds)
    finally:
        running.close()
    worst = 0.0
    quantized = 0
    for (kind, name, ours), theirs in zip(wanted, results):
        assert ours.shape == theirs.shape, "%s: shape %s, TensorFlow has %s" % (name, ours.shape, theirs.shape)
        if kind == "quantized":
            differing = int(np.sum(ours != theirs))
            assert differing == 0, "%s: %d of %d values differ, by up to %g" % (
                name, differing, ours.size, np.max(np.abs(ours - theirs)))
            quantized += 1
            continue
        difference = float(np.max(np.abs(ours - theirs)) / max(np.max(np.abs(theirs)), 1e-30))
        assert difference <= FLOAT_TOLERANCE, "%s: differs by %g of its largest value" % (name, difference)
        worst = max(worst, difference)
    return "%d quantizers equal to the last bit, %d outputs within %.1e" % (quantized, len(wanted) - quantized, worst)


def check_checkpoint(check):
    """Every variable of the graph is in it: weights as they were, thresholds as they were reported."""
    reader = v1.train.load_checkpoint(check["prefix"])
    there = reader.get_variable_to_shape_map()
    missing = sorted(set(check["variables"]) - set(there))
    assert not missing, "%d variables are missing, %s first" % (len(missing), missing[0])
    extra = sorted(set(there) - set(check["variables"]))
    assert not extra, "%d variables belong to no node, %s first" % (len(extra), extra[0])
    source = None if check["weights"] is None else v1.train.load_checkpoint(check["weights"])
    known = {} if source is None else source.get_variable_to_shape_map()
    for name in check["variables"]:
        value = reader.get_tensor(name)
        if name in known:
            original = source.get_tensor(name)
            assert value.dtype == original.dtype and np.array_equal(value, original), "%s is not what it was" % name
        elif name in check["thresholds"]:
            assert value.shape == () and value == np.float32(check["thresholds"][name]), "%s is %s, reported as %s" % (
                name, value, check["thresholds"][name])
    assert set(check["thresholds"]) <= set(there), "a threshold is missing"
    return "%d variables, %d thresholds" % (len(there), len(check["thresholds"]))


def check_dump(check):
    """The dumped weights are codes: times their scale they are what the quantizers put out."""
    with open(check["parameters"]) as file:
        parameters = json.load(file)
    outputs = {name: value for kind, name, value in arrays_of(check["answers"]) if kind == "quantized"}
    by_source = {}
    for node in graphs.read_graph(check["file"], "pb").node:
        if node.op == "LinearQuant":
            by_source.setdefault(source_name(node.input[0]), []).append(outputs[node.name])
    count = 0
    with h5py.File(check["weights"], "r") as stored:
        names = []
        stored.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        assert names, "there is no array in it"
        for name in names:
            codes = stored[name][()]
            assert np.array_equal(codes, np.round(codes)), "%s holds numbers that are no codes" % name
            values = codes.astype(np.float32) * np.float32(parameters[name]["scale_factor"])
            assert any(values.shape == value.shape and np.array_equal(values, value) for value in by_source[name]), (
                "%s is not what its quantizer puts out" % name)
            count += 1
    return "%d arrays" % count


def source_name(text):
    name = text.split(":")[0]
    return name[: -len("/read")] if name.endswith("/read") else name


def check_golden(check):
    """Node for node the graph of the original, as the comparison beside the recorded cases says."""
    spec = importlib.util.spec_from_file_location("compare_graphs", os.environ["INTEROP_COMPARE"])
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    found = list(compare.differences(compare.load(check["expected"]), compare.load(check["file"])))
    assert not found, "%d differences, the first: %s" % (len(found), found[0])
    return "no differences"


def check_train(check):
    """The MetaGraph is imported and restored through its own saver; frozen it computes what the engine computes, and thaws when told to."""
    stored = arrays_of(check["answers"])
    wanted = [(name, value) for kind, name, value in stored if kind != "feed"]
    feeds = {name + ":0": value for kind, name, value in stored if kind == "feed"}
    running, saver = graphs.imported(check["file"])
    try:
        assert saver is not None, "it has no saver"
        saver.restore(running, check["checkpoint"])
        results = running.run([name + ":0" for name, _ in wanted], feeds)
        for (name, ours), theirs in zip(wanted, results):
            if name == check["output"]:
                difference = float(np.max(np.abs(ours - theirs)) / max(np.max(np.abs(theirs)), 1e-30))
                assert difference <= FLOAT_TOLERANCE, "%s: differs by %g of its largest value" % (name, difference)
            else:
                assert np.array_equal(ours, theirs), "%s: %d of %d values differ" % (name, int(np.sum(ours != theirs)), ours.size)
        frozen = results[[name for name, _ in wanted].index(check["output"])]
        thresholds = [op.name + ":0" for op in running.graph.get_operations() if op.name.endswith("/freeze_th")]
        assert thresholds, "there is no switch for thresholds"
        held = running.run(check["output"] + ":0", dict(feeds, **{name: True for name in thresholds}))
        assert np.array_equal(held, frozen), "freezing thresholds changes the output"
        if "freeze_bn:0" in feeds:
            thawed = running.run(check["output"] + ":0", dict(feeds, **{"freeze_bn:0": False}))
            assert np.all(np.isfinite(thawed)) and not np.array_equal(thawed, frozen), "statistics of the batch change nothing"
        trained = set(variable.op.name for variable in running.graph.get_collection("trainable_variables"))
        missing = [name for name in trained if name not in saver_names(check["checkpoint"])]
        assert not missing, "%s is trained and not saved" % missing[0]
    finally:
        running.close()
    return "%d quantizers equal to the last bit, %d switches, %d variables to train" % (len(wanted) - 1, len(thresholds), len(trained))


def saver_names(prefix):
    return v1.train.load_checkpoint(prefix).get_variable_to_shape_map()


def check_same(check):
    """Rewritten it is the network that it was: TensorFlow's own outputs from before."""
    with np.load(check["answers"]) as stored:
        images, answer = stored["images"], stored["answer"]
    running = graphs.opened(check["file"], "pb", None)
    try:
        found = running.run(check["output"] + ":0", {check["input"] + ":0": images})
    finally:
        running.close()
    difference = float(np.max(np.abs(found - answer)) / np.max(np.abs(answer)))
    assert found.shape == answer.shape and difference <= FLOAT_TOLERANCE, "differs by %g of its largest value" % difference
    return "within %.1e" % difference


def check_answers(check):
    """TensorFlow gives each image the class that the engine gave it, so that both have the same number right."""
    with np.load(check["answers"]) as stored:
        images, labels, ours = stored["images"], stored["labels"], stored["answers"]
    running = graphs.opened(check["file"], "pb", None)
    try:
        theirs = np.concatenate([
            np.argmax(running.run(check["output"] + ":0", {check["input"] + ":0": batch.astype(np.float32) / np.float32(127.5) - np.float32(1)}), axis=-1)
            for batch in np.array_split(images, max(1, len(images) // 50))
        ])
    finally:
        running.close()
    right = int(np.sum(ours == labels))
    differing = int(np.sum(ours != theirs))
    assert differing == 0, "%d of %d answers differ; right are %d here and %d in TensorFlow" % (
        differing, len(ours), right, int(np.sum(theirs == labels)))
    return "%d of %d right, the same ones" % (right, len(ours))


def check_eager(check):
    """tf.saved_model.load takes it, and its signature computes what the engine computed."""
    stored = arrays_of(check["answers"])
    serve = tf.saved_model.load(check["folder"]).signatures["serving_default"]
    (name,) = serve.structured_input_signature[1]
    (images,) = [value for kind, _, value in stored if kind == "feed"]
    (ours,) = [value for kind, _, value in stored if kind == "float"]
    (theirs,) = serve(**{name: tf.constant(images)}).values()
    difference = float(np.max(np.abs(ours - theirs.numpy())) / np.max(np.abs(ours)))
    assert difference <= FLOAT_TOLERANCE, "differs by %g of its largest value" % difference
    return "within %.1e" % difference


CHECKS = {"answers": check_answers, "eager": check_eager, "graph": check_graph, "train": check_train, "same": check_same, "checkpoint": check_checkpoint, "dump": check_dump, "golden": check_golden}


def outcome(check):
    if check["kind"] == "failed":
        return "failed", check["why"]
    try:
        return "passed", CHECKS[check["kind"]](check)
    except AssertionError as error:
        return "failed", str(error)
    except Exception as error:  # Whatever TensorFlow raises on a file is what this is to find out.
        return "failed", "%s: %s" % (type(error).__name__, str(error)[:600] or traceback.format_exc()[-600:])


def main():
    manifest, report, *kinds = sys.argv[1:]
    old = tf.__version__.startswith("1.")
    with open(manifest) as file:
        checks = [check for check in json.load(file) if check["kind"] in kinds and not (old and check.get("modern"))]
    results = []
    for check in checks:
        state, why = outcome(check)
        results.append({"name": check["name"], "kind": check["kind"], "state": state, "why": why})
        print("%-7s %s (%s)" % (state, check["name"], why), flush=True)
    with open(report, "w") as file:
        json.dump({"tensorflow": tf.__version__, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
