import type { AttrValue } from '../../../../worker/formats/attrValue.ts';
import type { DType, Shape, Tensor } from '../../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../../worker/formats/tensorValues.ts';
import { type ConformanceCase, list } from './cases.ts';
import recorded from './tensorflow.json' with { type: 'json' };

/** A case as test/interop/opsAgainstTensorflow.py writes it. */
export interface RecordedCase {
  readonly op: string;
  readonly name: string;
  readonly attrs: Readonly<Record<string, { readonly kind: string; readonly value: unknown } | undefined>>;
  readonly inputs: readonly RecordedTensor[];
  readonly outputs: readonly RecordedTensor[];
}

interface RecordedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** One op on given tensors, and what TensorFlow makes of them. */
export interface TensorflowCase extends ConformanceCase {
  readonly outputs: readonly Tensor[];
}

/** What picks, compares or counts: no rounding is left to a backend. */
const EXACT =
  /^(Neg|Abs|Ceil|Floor|Round|Rint|Relu6?|(Zeros|Ones)Like|Logical.*|Select(V2)?|(Not)?Equal|(Less|Greater)(Equal)?|M(ax|in)imum|Max|Min|All|Any|Arg.*|.*Nearest.*|Split|SplitV|Unpack|Slice|ExpandDims|Squeeze|Tile|BroadcastTo|ReverseV2|Gather.*|.*Pad.*|Concat|SpaceTo.*|DepthTo.*|BatchTo.*|MaxPool.*|Rank|ShapeN|Range|Snapshot|PreventGradient|CheckNumerics|Identity.*|EnsureShape|Cast|Div|TruncateDiv|FloorDiv)$/;

/** Reads cases from where the Python side wrote them. */
export function readCases(cases: readonly RecordedCase[]): readonly TensorflowCase[] {
  return cases.map(({ op, name, attrs, inputs, outputs }) => ({
    name: `as TensorFlow: ${name}`,
    op,
    attrs: Object.fromEntries(Object.entries(attrs).flatMap(([key, value]) => (value === undefined ? [] : [[key, attribute(value)]]))),
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
    // Functions of the library are approximated to about 4e-7 of the largest value, and sums come in another order.
    tolerance: EXACT.test(op) && outputs.every(({ dtype }) => dtype !== 'float32' || !/Div$/.test(op)) ? 0 : 2e-6,
  }));
}

/** What TensorFlow 2.15 said, recorded. */
export const TENSORFLOW_CASES = readCases(recorded);

function tensor({ dtype, shape, values }: RecordedTensor): Tensor {
  return makeTensor(dtype as DType, shape, values);
}

function attribute({ kind, value }: { readonly kind: string; readonly value: unknown }): AttrValue {
  if (kind === 'ints') return list(value as readonly number[]);
  if (kind === 'shape') return { kind, value: value as Shape };
  return { kind, value } as AttrValue;
}
