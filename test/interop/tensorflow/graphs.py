"""Graphs as TensorFlow reads them: every written form to a GraphDef, and quantizers to ops that TensorFlow has."""
import os

import tensorflow as tf
from google.protobuf import text_format

v1 = tf.compat.v1
ROUNDING = {b"round": "Round", b"floor": "Floor", b"ceil": "Ceil"}


def read_graph(path, form):
    """The GraphDef in a file of that form. Raises what TensorFlow raises."""
    if form == "pbtxt":
        graph = v1.GraphDef()
        with open(path) as file:
            return text_format.Parse(file.read(), graph)
    with open(path, "rb") as file:
        data = file.read()
    if form == "meta":
        return parsed(v1.MetaGraphDef(), data).graph_def
    if form == "saved_model":
        from tensorflow.core.protobuf import saved_model_pb2

        return parsed(saved_model_pb2.SavedModel(), data).meta_graphs[0].graph_def
    return parsed(v1.GraphDef(), data)


def parsed(message, data):
    message.ParseFromString(data)
    return message


def plain(graph):
    """A copy in which every LinearQuant is its arithmetic, scale * clip(round(x / scale), min, max), under the same name."""
    result = v1.GraphDef()
    result.CopyFrom(graph)
    del result.node[:]
    for node in graph.node:
        if node.op != "LinearQuant":
            result.node.add().CopyFrom(node)
            continue
        values, scale, low, high = node.input[:4]
        rounding = ROUNDING[node.attr["rounding_mode"].s or b"round"]
        steps = [
            ("/divided", "RealDiv", [values, scale]),
            ("/rounded", rounding, [node.name + "/divided"]),
            ("/below", "Minimum", [node.name + "/rounded", high]),
            ("/clipped", "Maximum", [node.name + "/below", low]),
            ("", "Mul", [node.name + "/clipped", scale]),
        ]
        for suffix, op, inputs in steps:
            made = result.node.add(name=node.name + suffix, op=op)
            made.input.extend(inputs)
            made.attr["T"].CopyFrom(node.attr["T"])
        result.node[-1].input.extend(name for name in node.input[4:] if name.startswith("^"))
    return result


def session(graph):
    """A session that runs the graph as it stands, without rewriting it."""
    config = v1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    return v1.Session(graph=graph, config=config)


def restore(running, prefix):
    """Restores every variable of the session's graph from a checkpoint, as a Saver does. Raises where one is not in it."""
    with running.graph.as_default():
        updates = []
        for op in running.graph.get_operations():
            if op.type in ("Variable", "VariableV2"):
                dtype = op.outputs[0].dtype.base_dtype
                value = tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=[op.name], shape_and_slices=[""], dtypes=[dtype])[0]
                updates.append(v1.assign(op.outputs[0], value).op)
            elif op.type == "VarHandleOp":
                dtype = tf.as_dtype(op.get_attr("dtype"))
                name = op.get_attr("shared_name").decode() or op.name
                value = tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=[name], shape_and_slices=[""], dtypes=[dtype])[0]
                updates.append(tf.raw_ops.AssignVariableOp(resource=op.outputs[0], value=value))
        running.run(updates)


def opened(path, form, checkpoint):
    """A session on the graph in the file, its variables restored by the means that the form has for it. Raises what TensorFlow raises."""
    graph = tf.Graph()
    running = session(graph)
    with graph.as_default():
        if form == "saved_model":
            has_quantizers = any(node.op == "LinearQuant" for node in read_graph(path, form).node)
            if not has_quantizers:
                tags = tags_of(path)
                v1.saved_model.loader.load(running, tags, os.path.dirname(path))
                return running
            v1.import_graph_def(plain(read_graph(path, form)), name="")
            variables = os.path.join(os.path.dirname(path), "variables", "variables")
            if os.path.exists(variables + ".index"):
                restore(running, variables)
            return running
        if form == "meta":
            with open(path, "rb") as file:
                meta = parsed(v1.MetaGraphDef(), file.read())
            meta.graph_def.CopyFrom(plain(meta.graph_def))
            saver = v1.train.import_meta_graph(meta)
            if checkpoint is not None and saver is not None:
                saver.restore(running, checkpoint)
            elif checkpoint is not None:
                restore(running, checkpoint)
            return running
        v1.import_graph_def(plain(read_graph(path, form)), name="")
        if checkpoint is not None:
            restore(running, checkpoint)
    return running


def imported(path):
    """A session on an imported MetaGraph, and the saver that came with it."""
    graph = tf.Graph()
    running = session(graph)
    with graph.as_default():
        with open(path, "rb") as file:
            meta = parsed(v1.MetaGraphDef(), file.read())
        meta.graph_def.CopyFrom(plain(meta.graph_def))
        return running, v1.train.import_meta_graph(meta)


def tags_of(path):
    from tensorflow.core.protobuf import saved_model_pb2

    with open(path, "rb") as file:
        return list(parsed(saved_model_pb2.SavedModel(), file.read()).meta_graphs[0].meta_info_def.tags)
