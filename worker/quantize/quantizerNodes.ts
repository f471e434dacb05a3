import { makeTensor } from '../formats/tensorValues.ts';
import type { NodeSpec } from '../graph/graph.ts';
import type { Format } from './fixedPoint.ts';
import type { Rounding } from './quantizer.ts';

/** Element types that a quantizer computes in: that of what it quantizes. */
export type QuantDType = 'float32' | 'float64';

/** What the nodes of one quantizer are made from. */
export interface QuantizerSpec extends Format {
  /** Scope of its nodes, without a final slash. */
  readonly scope: string;
  /** Node whose output is quantized. */
  readonly source: string;
  readonly rounding: Rounding;
  readonly dtype: QuantDType;
  /** Its threshold can be trained and frozen (QNT31). */
  readonly training?: boolean;
}

/**
 * The nodes of one quantizer, its own threshold variable first, in the order in which TensorFlow makes them:
 * scale = 2^ceil(log2 t) / Q, limits −Q·sign and Q − 1, Q = 2^(bitwidth − is_signed).
 */
export function quantizerNodes(spec: QuantizerSpec): NodeSpec[] {
  const { scope, dtype } = spec;
  const at = (name: string): string => `${scope}/${name}`;
  const T = { T: { kind: 'type', value: dtype } } as const;
  const math = (name: string, op: string, ...inputs: string[]): NodeSpec => ({ name: at(name), op, inputs: inputs.map(at), attrs: T });
  return [
    ...thresholdVariable(at('threshold'), dtype),
    scalar(at('is_signed'), spec.signed ? 1 : 0, dtype),
    scalar(at('bitwidth'), spec.bits, dtype),
    scalar(at('base'), 2, dtype),
    math('bits', 'Sub', 'bitwidth', 'is_signed'),
    math('q_levels_per_sign', 'Pow', 'base', 'bits'),
    math('Neg', 'Neg', 'q_levels_per_sign'),
    math('mul', 'Mul', 'Neg', 'is_signed'),
    scalar(at('sub/y'), 1, dtype),
    math('sub', 'Sub', 'q_levels_per_sign', 'sub/y'),
    math('pof2', 'Identity', 'threshold/read'),
    ...(spec.training === true ? trainedCeil(at, dtype) : [math('Ceil', 'Ceil', 'pof2')]),
    math('pof2_t', 'Pow', 'base', spec.training === true ? 'add_1' : 'Ceil'),
    math('pof2_sf', 'RealDiv', 'pof2_t', 'q_levels_per_sign'),
    {
      name: at('LinearQuant'),
      op: 'LinearQuant',
      inputs: [spec.source, at('pof2_sf'), at('mul'), at('sub')],
      attrs: { ...T, rounding_mode: { kind: 'string', value: spec.rounding } },
    },
  ];
}

/**
 * QNT31: ceil of log2 t for training. f = `freeze_th` (default false) chooses whether log2 t gets a gradient: l = f·stop(log2 t) +
 * (1 − f)·log2 t; the value is ceil(l) and its derivative 1: l + stop(ceil(l) − l) (facts 4.3).
 */
function trainedCeil(at: (name: string) => string, dtype: QuantDType): NodeSpec[] {
  const T = { T: { kind: 'type', value: dtype } } as const;
  const bool = { kind: 'type', value: 'bool' } as const;
  const math = (name: string, op: string, ...inputs: string[]): NodeSpec => ({ name: at(name), op, inputs: inputs.map(at), attrs: T });
  const no = { kind: 'tensor', value: makeTensor('bool', [], [0]) } as const;
  const [flag, unfed, number] = [at('freeze_th'), at('freeze_th_default'), at('freeze_th_cast')];
  return [
    { name: unfed, op: 'Const', attrs: { dtype: bool, value: no } },
    { name: flag, op: 'PlaceholderWithDefault', inputs: [unfed], attrs: { dtype: bool, shape: { kind: 'shape', value: [] } } },
    { name: number, op: 'Cast', inputs: [flag], attrs: { SrcT: bool, DstT: { kind: 'type', value: dtype } } },
    math('StopGradient', 'StopGradient', 'pof2'),
    math('mul_1', 'Mul', 'freeze_th_cast', 'StopGradient'),
    scalar(at('sub_1/x'), 1, dtype),
    math('sub_1', 'Sub', 'sub_1/x', 'freeze_th_cast'),
    math('mul_2', 'Mul', 'sub_1', 'pof2'),
    math('add', 'Add', 'mul_1', 'mul_2'),
    math('Ceil', 'Ceil', 'add'),
    math('sub_2', 'Sub', 'Ceil', 'add'),
    math('StopGradient_1', 'StopGradient', 'sub_2'),
    math('add_1', 'Add', 'add', 'StopGradient_1'),
  ];
}

/** A scalar variable that holds log2 t, initially 0, with its initializer, assignment and read. */
export function thresholdVariable(name: string, dtype: QuantDType): NodeSpec[] {
  const type = { kind: 'type', value: dtype } as const;
  const text = (value: string) => ({ kind: 'string', value }) as const;
  const flag = { kind: 'bool', value: true } as const;
  const colocated = { _class: stringList(`loc:@${name}`) };
  const [initializer, assign, read] = [`${name}/Initializer/Const`, `${name}/Assign`, `${name}/read`];
  const zero = scalar(initializer, 0, dtype);
  return [
    { ...zero, attrs: { ...zero.attrs, ...colocated } },
    {
      name,
      op: 'VariableV2',
      attrs: { ...colocated, container: text(''), dtype: type, shape: { kind: 'shape', value: [] }, shared_name: text('') },
    },
    {
      name: assign,
      op: 'Assign',
      inputs: [name, initializer],
      attrs: { ...colocated, T: type, use_locking: flag, validate_shape: flag },
    },
    { name: read, op: 'Identity', inputs: [name], attrs: { ...colocated, T: type } },
  ];
}

/** Names of the nodes that `thresholdVariable` makes. */
export function thresholdNodeNames(name: string): string[] {
  return [`${name}/Initializer/Const`, name, `${name}/Assign`, `${name}/read`];
}

function scalar(name: string, value: number, dtype: QuantDType): NodeSpec {
  return {
    name,
    op: 'Const',
    attrs: { dtype: { kind: 'type', value: dtype }, value: { kind: 'tensor', value: makeTensor(dtype, [], [value]) } },
  };
}

function stringList(value: string) {
  return { kind: 'list', value: { strings: [value], ints: [], floats: [], bools: [], types: [], shapes: [] } } as const;
}
