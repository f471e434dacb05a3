"""Computes every op that the engine knows with real TensorFlow: python opsAgainstTensorflow.py FOLDER writes FOLDER/ops.json.

One case: an op, its attributes, its inputs and what TensorFlow makes of them. test/interop/ops.test.ts holds the engine's float64
reference against the file; the same file, recorded, is test/unit/ops/conformance/tensorflow.json, by which every backend is tested.
"""

import json
import os
import pathlib
import sys
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(20190308)
cases: list[dict[str, Any]] = []


def floats(*shape: int, low: float = -4.0, high: float = 4.0) -> np.ndarray:
    """Multiples of 1/64, so that they are short to write and exact in float32."""
    return (rng.integers(int(low * 64), int(high * 64) + 1, shape) / 64).astype(np.float32)


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int32)


def scalar(value: int) -> np.ndarray:
    return np.array(value, np.int32)


def bools(*values: bool) -> np.ndarray:
    return np.array(values, np.bool_)


def tensor(value: np.ndarray) -> dict[str, Any]:
    flat = value.reshape(-1)
    numbers = [float(str(x)) for x in flat] if value.dtype.kind == "f" else [int(x) for x in flat]
    short = [int(x) if x == int(x) else x for x in numbers]
    return {"dtype": "bool" if value.dtype == np.bool_ else str(value.dtype), "shape": list(value.shape), "values": short}


def attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, tf.DType):
        return {"kind": "type", "value": value.name}
    if isinstance(value, tf.TensorShape):
        return {"kind": "shape", "value": [-1 if size is None else size for size in value]}
    if isinstance(value, bool):
        return {"kind": "bool", "value": value}
    if isinstance(value, int):
        return {"kind": "int", "value": value}
    if isinstance(value, float):
        return {"kind": "float", "value": float(np.float32(value))}
    if isinstance(value, str):
        return {"kind": "string", "value": value}
    return {"kind": "ints", "value": list(value)}


def run(op: str, inputs: list[Any], attrs: dict[str, Any]) -> list[np.ndarray]:
    """The op with TensorFlow's own defaults where an attribute is not given; an input may be a list of tensors."""
    with tf.Graph().as_default() as graph:
        fed = [[tf.constant(x) for x in value] if isinstance(value, list) else tf.constant(value) for value in inputs]
        result = tf.raw_ops.__dict__[op](**dict(zip(ARGUMENTS[op], fed)), **{NAMES.get(name, name): value for name, value in attrs.items()})
        outputs = result if isinstance(result, (list, tuple)) else [result]
        with tf.compat.v1.Session(graph=graph) as session:
            return [np.asarray(value) for value in session.run(list(outputs))]


def case(op: str, inputs: list[Any], name: str = "", graph_attrs: dict[str, Any] | None = None, **attrs: Any) -> None:
    """`graph_attrs`: attributes that a node carries and that TensorFlow's Python derives from the inputs (types, counts)."""
    outputs = run(op, inputs, attrs)
    flat = [x for value in inputs for x in (value if isinstance(value, list) else [value])]
    written = {**attrs, **(graph_attrs or {})}
    cases.append(
        {
            "op": op,
            "name": name or ", ".join(f"{key} {value}" for key, value in attrs.items()) or "floats",
            "attrs": {key: attribute(value) for key, value in written.items()},
            "inputs": [tensor(np.asarray(x)) for x in flat],
            "outputs": [tensor(x) for x in outputs],
        }
    )


# Names of the inputs by op, in slot order, as tf.raw_ops calls them.
ARGUMENTS: dict[str, list[str]] = {}
# Attributes that tf.raw_ops calls otherwise than a node does.
NAMES = {"squeeze_dims": "axis"}


def takes(names: str, *ops: str) -> None:
    for op in ops:
        ARGUMENTS[op] = names.split()


takes("x", "Neg", "Abs", "Sqrt", "Rsqrt", "Square", "Reciprocal", "Inv", "Exp", "Log", "Ceil", "Floor", "Round", "Rint", "Sigmoid", "Tanh", "Erf", "ZerosLike", "OnesLike", "LogicalNot", "Cast")
takes("features", "Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu")
takes("logits", "Softmax", "LogSoftmax")
takes("x y", "Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "TruncateDiv", "FloorDiv", "FloorMod", "Maximum", "Minimum", "Pow", "SquaredDifference", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd", "LogicalOr", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
takes("input axis", "Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "ExpandDims")
takes("input dimension", "ArgMax", "ArgMin")
takes("inputs", "AddN", "FakeQuantWithMinMaxArgs")
takes("condition x y", "Select")
takes("condition t e", "SelectV2")
takes("images size", "ResizeNearestNeighbor", "ResizeBilinear")
takes("axis value", "Split")
takes("value size_splits axis", "SplitV")
takes("value", "Unpack", "AvgPool")
takes("input begin size", "Slice")
takes("input multiples", "Tile")
takes("params indices", "Gather")
takes("params indices axis", "GatherV2")
takes("input", "SpaceToDepth", "DepthToSpace", "LRN", "MaxPool", "Rank", "ShapeN", "Snapshot", "PreventGradient", "IdentityN", "EnsureShape", "Squeeze")
takes("tensor", "CheckNumerics")
takes("input block_shape paddings", "SpaceToBatchND")
takes("input block_shape crops", "BatchToSpaceND")
takes("input_sizes filter out_backprop", "Conv2DBackpropInput")
takes("inputs min max", "FakeQuantWithMinMaxVars")
takes("input paddings", "MirrorPad", "Pad")
takes("input paddings constant_values", "PadV2")
takes("tensor axis", "ReverseV2")
takes("input shape", "BroadcastTo")
takes("start limit delta", "Range")
takes("concat_dim values", "Concat")
takes("input ksize strides", "MaxPoolV2")
takes("input filter", "Conv2D", "DepthwiseConv2dNative")


def elementwise() -> None:
    x = floats(3, 7)
    for op in ["Neg", "Abs", "Square", "Exp", "Ceil", "Floor", "Sigmoid", "Tanh", "Erf", "Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "Softmax", "LogSoftmax", "ZerosLike", "OnesLike"]:
        case(op, [x])
    case("LeakyRelu", [x], alpha=0.3)
    for op in ["Sqrt", "Rsqrt", "Reciprocal", "Inv", "Log"]:
        case(op, [floats(13, low=0.1, high=9)])
    for op in ["Round", "Rint"]:
        case(op, [np.array([-2.5, -1.5, -0.5, -0.25, 0, 0.5, 0.75, 1.5, 2.5, 3.5], np.float32)], "halves")
    for op in ["Sigmoid", "Tanh", "Softplus", "Elu", "Selu", "LogSoftmax", "Erf"]:
        case(op, [np.array([-90, -30, -12, -1e-3, 0, 1e-3, 12, 30, 80], np.float32)], "far out")
    for op in ["Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "FloorDiv", "FloorMod", "Maximum", "Minimum", "SquaredDifference"]:
        case(op, [floats(2, 3, 4), floats(3, 1, low=0.5)], "broadcast")
    for op in ["Div", "TruncateDiv", "FloorDiv", "FloorMod", "Add", "Sub", "Mul", "Maximum", "Minimum"]:
        case(op, [ints(-7, -6, 7, 6, 0, 5), ints(2, -4, -2, 4, 3, 5)], "whole numbers", {"T": tf.int32})
    case("Pow", [floats(9, low=0.25), floats(9)])
    for op in ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]:
        case(op, [np.round(floats(4, 3)), np.round(floats(3))], "broadcast")
        case(op, [ints(1, 2, 3), ints(3, 2, 1)], "whole numbers")
    for op in ["LogicalAnd", "LogicalOr"]:
        case(op, [bools(True, True, False, False), bools(True, False, True, False)], "truth table")
    case("LogicalNot", [bools(True, False)], "truth table")
    case("Select", [floats(2, 3) > 0, floats(2, 3), floats(2, 3)], "by element")
    case("Select", [bools(True, False, True), floats(3, 2, 2), floats(3, 2, 2)], "by row")
    case("Select", [np.array(False), floats(3), floats(3)], "one condition")
    case("SelectV2", [floats(2, 1) > 0, floats(2, 3), floats(3)], "broadcast")
    case("AddN", [[floats(2, 3), floats(2, 3), floats(2, 3)]], "three")
    case("AddN", [[floats(2, 3)]], "one alone")


def reductions() -> None:
    x = floats(2, 3, 4, 2, low=-2, high=2)
    for op in ["Mean", "Sum", "Max", "Min", "Prod"]:
        for axes in [(1, 2), (-1,), (3, 0), ()]:
            for keep in [False, True]:
                case(op, [x, np.array(axes, np.int32)], f"axes {list(axes)}{' kept' if keep else ''}", keep_dims=keep)
        case(op, [x, scalar(-2)], "a scalar axis")
    for op in ["All", "Any"]:
        case(op, [np.array([[True, True], [True, False], [False, False]]), ints(1)], "last axis", keep_dims=False)
        case(op, [np.array([[True, True], [True, False], [False, False]]), ints(0, 1)], "all axes kept", keep_dims=True)
    for op in ["ArgMax", "ArgMin"]:
        for axis in [0, 1, -1]:
            case(op, [np.round(x), scalar(axis)], f"axis {axis}")
        case(op, [x, scalar(1)], "int32", output_type=tf.int32)
        case(op, [floats(2, 1, 5), scalar(1)], "of one element")


def resizing() -> None:
    for op in ["ResizeNearestNeighbor", "ResizeBilinear"]:
        for size, image in [((6, 8), (2, 3, 4, 2)), ((2, 3), (1, 5, 7, 1)), ((7, 5), (1, 3, 3, 1)), ((1, 1), (1, 4, 3, 2)), ((4, 4), (1, 1, 1, 3)), ((11, 3), (1, 4, 6, 1))]:
            for corners, half in [(False, False), (True, False), (False, True)]:
                case(op, [floats(*image), ints(*size)], f"{image[1]}×{image[2]} to {size[0]}×{size[1]}{' corners' if corners else ''}{' half pixels' if half else ''}", align_corners=corners, half_pixel_centers=half)


def pieces() -> None:
    x = floats(2, 3, 4)
    case("Split", [scalar(2), x], "last axis", num_split=2)
    case("Split", [scalar(-2), x], "middle", num_split=3)
    case("SplitV", [x, ints(1, 3), scalar(-1)], "two lengths", num_split=2)
    case("SplitV", [x, ints(2, -1), scalar(1)], "the rest", num_split=2)
    case("Unpack", [x], "first axis", num=2)
    case("Unpack", [x], "last axis", num=4, axis=-1)
    case("Slice", [x, ints(0, 1, 2), ints(2, 1, 2)], "a part")
    case("Slice", [x, ints(1, 0, 1), ints(-1, 2, -1)], "the rest")
    for dim in [0, 1, -1, 3]:
        case("ExpandDims", [x, scalar(dim)], f"dim {dim}")
    case("Squeeze", [floats(1, 3, 1)], "one axis", squeeze_dims=[-1])
    case("Tile", [x, ints(2, 1, 3)], "first and last")
    case("Tile", [x, ints(1, 1, 1)], "once")
    case("Tile", [ints(1, 2), ints(3)], "whole numbers")
    case("BroadcastTo", [floats(3, 1), ints(2, 3, 4)], "two axes")
    case("BroadcastTo", [x, ints(2, 3, 4)], "as it is")
    case("ReverseV2", [x, ints(0, -1)], "two axes")
    case("Gather", [x, ints(1, 0, 1)], "rows")
    for axis in [0, 1, -1]:
        case("GatherV2", [x, ints([1, 0], [2, 2]) % (2 if axis == 0 else 3), scalar(axis)], f"axis {axis}")
    case("GatherV2", [x, scalar(2), scalar(1)], "one position")
    case("GatherV2", [ints(5, 6, 7), ints(2, 0), scalar(0)], "whole numbers")
    case("GatherV2", [x, ints([0, 2], [1, 1]), scalar(1)], "together in one axis", batch_dims=1)
    case("GatherV2", [x, ints([0, 2], [1, 1]), scalar(2)], "together, last axis", batch_dims=1)
    case("GatherV2", [floats(2, 2, 3), ints([[0], [2]], [[1], [1]]), scalar(2)], "together in two axes", batch_dims=2)
    case("GatherV2", [floats(4, 2, 5, 2), ints(*[[(3 * i + j) % 5 for j in range(3)] for i in range(4)]), scalar(2)], "together, rows inside", batch_dims=1)
    for mode in ["REFLECT", "SYMMETRIC"]:
        case("MirrorPad", [x, ints([0, 0], [2, 1], [0, 3])], mode.lower(), mode=mode)
    case("PadV2", [x, ints([0, 1], [0, 0], [2, 1]), np.array(-1.5, np.float32)], "with -1.5")
    case("Pad", [x, ints([0, 1], [0, 0], [2, 1])], "zeros")
    case("Concat", [scalar(1), [floats(2, 1), floats(2, 3)]], "columns")


def blocks() -> None:
    case("SpaceToDepth", [floats(2, 4, 6, 3)], block_size=2)
    case("SpaceToDepth", [floats(1, 3, 6, 1)], block_size=3)
    case("DepthToSpace", [floats(2, 2, 3, 12)], block_size=2)
    case("DepthToSpace", [floats(1, 1, 2, 9)], block_size=3)
    case("SpaceToBatchND", [floats(2, 4, 6, 1), ints(2, 3), ints([0, 0], [0, 0])], "2×3")
    case("SpaceToBatchND", [floats(1, 3, 4, 2), ints(2, 2), ints([1, 0], [2, 0])], "padded")
    case("SpaceToBatchND", [floats(2, 5, 2), ints(3), ints([0, 1])], "one axis")
    case("BatchToSpaceND", [floats(12, 2, 2, 1), ints(2, 3), ints([0, 0], [0, 0])], "2×3")
    case("BatchToSpaceND", [floats(4, 2, 3, 2), ints(2, 2), ints([1, 0], [2, 1])], "cropped")
    case("BatchToSpaceND", [floats(6, 2, 2), ints(3), ints([0, 1])], "one axis")


def layers() -> None:
    for radius, bias, alpha, beta in [(5, 1.0, 1.0, 0.5), (2, 2.0, 0.0001, 0.75), (1, 1.0, 0.5, 1.0)]:
        case("LRN", [floats(1, 2, 3, 7)], depth_radius=radius, bias=bias, alpha=alpha, beta=beta)
    for image, filt, stride, padding in [((1, 6, 8, 2), (3, 3, 2, 3), (2, 2), "SAME"), ((2, 5, 5, 1), (3, 3, 1, 2), (1, 1), "SAME"), ((1, 9, 7, 2), (3, 3, 2, 2), (2, 2), "VALID"), ((1, 6, 6, 1), (4, 4, 1, 2), (2, 2), "SAME"), ((1, 6, 4, 2), (2, 2, 2, 1), (2, 2), "VALID"), ((1, 7, 7, 1), (1, 1, 1, 2), (3, 3), "SAME"), ((1, 8, 9, 1), (2, 5, 1, 1), (3, 2), "SAME"), ((1, 8, 8, 1), (2, 2, 1, 1), (3, 3), "VALID")]:
        size = [-(-image[i + 1] // stride[i]) if padding == "SAME" else -(-(image[i + 1] - filt[i] + 1) // stride[i]) for i in (0, 1)]
        case("Conv2DBackpropInput", [ints(*image), floats(*filt, low=-1, high=1), floats(image[0], *size, filt[3])], f"{filt[0]}×{filt[1]} {padding.lower()}, strides {stride[0]}×{stride[1]}", strides=[1, *stride, 1], padding=padding)
    case("Conv2DBackpropInput", [ints(1, 7, 7, 1), floats(3, 3, 1, 2), floats(1, 4, 4, 2)], "explicit 1,0,0,1", strides=[1, 2, 2, 1], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0])
    case("MaxPoolV2", [floats(1, 5, 6, 2), ints(1, 3, 2, 1), ints(1, 2, 2, 1)], "3×2 same", padding="SAME")
    case("MaxPoolV2", [floats(1, 5, 6, 2), ints(1, 2, 2, 1), ints(1, 2, 2, 1)], "2×2 valid", padding="VALID")
    case("BatchMatMulV2", [floats(2, 2, 1, 3), floats(2, 1, 3, 2)], "one of two leading axes broadcast")
    case("BatchMatMulV3", [floats(2, 1, 3, 4), floats(2, 5, 4)], "leading axes broadcast", adj_y=True, Tout=tf.float32)
    for narrow in [False, True]:
        for bits in [8, 4]:
            for low, high in [(-1.0, 1.0), (0.0, 6.0), (-0.3, 2.7), (-5.0, 0.0)]:
                case("FakeQuantWithMinMaxVars", [floats(17, low=-6, high=6) + np.float32(1 / 256), np.array(low, np.float32), np.array(high, np.float32)], f"{bits} bits, {low} to {high}{', narrow' if narrow else ''}", num_bits=bits, narrow_range=narrow)
    case("FakeQuantWithMinMaxVars", [floats(5), np.array(0, np.float32), np.array(0, np.float32)], "no range", num_bits=8, narrow_range=False)
    case("FakeQuantWithMinMaxArgs", [floats(17, low=-9, high=9) + np.float32(1 / 256)], min=-6.0, max=6.0, num_bits=8, narrow_range=False)


def types() -> None:
    case("Rank", [floats(2, 3, 1)], "of rank 3")
    case("ShapeN", [[floats(2, 3), floats(4)]], "of two")
    case("Range", [scalar(2), scalar(11), scalar(3)], "upwards", {"Tidx": tf.int32})
    case("Range", [scalar(5), scalar(0), scalar(-2)], "downwards", {"Tidx": tf.int32})
    case("Range", [np.array(0, np.float32), np.array(1, np.float32), np.array(0.25, np.float32)], "fractions", {"Tidx": tf.float32})
    x = floats(2, 3)
    for op in ["Snapshot", "PreventGradient"]:
        case(op, [x])
    case("CheckNumerics", [x], message="checked")
    case("IdentityN", [[x, floats(3)]], "two")
    case("EnsureShape", [x], "rows open", shape=tf.TensorShape([None, 3]))
    case("Cast", [np.array([-1.5, 0, 2], np.float32)], "to bool", DstT=tf.bool)


def main() -> None:
    for family in [elementwise, reductions, resizing, pieces, blocks, layers, types]:
        family()
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in cases)
    (folder / "ops.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(cases)} cases")


main()
