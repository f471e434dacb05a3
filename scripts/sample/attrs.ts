import type { AttrList, AttrValue } from '../../worker/formats/attrValue.ts';
import type { DType, Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';

const EMPTY_LIST: AttrList = { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [] };

/** Short makers for the attributes that the sample's nodes carry. */
export const attr = {
  type: (value: DType): AttrValue => ({ kind: 'type', value }),
  text: (value: string): AttrValue => ({ kind: 'string', value }),
  flag: (value: boolean): AttrValue => ({ kind: 'bool', value }),
  int: (value: number): AttrValue => ({ kind: 'int', value }),
  float: (value: number): AttrValue => ({ kind: 'float', value }),
  shape: (value: readonly number[]): AttrValue => ({ kind: 'shape', value }),
  tensor: (value: Tensor): AttrValue => ({ kind: 'tensor', value }),
  ints: (ints: readonly number[]): AttrValue => ({ kind: 'list', value: { ...EMPTY_LIST, ints } }),
  types: (types: readonly DType[]): AttrValue => ({ kind: 'list', value: { ...EMPTY_LIST, types } }),
  /** Place beside the variable of this name, as TensorFlow notes it. */
  beside: (variable: string): AttrValue => ({ kind: 'list', value: { ...EMPTY_LIST, strings: [`loc:@${variable}`] } }),
} as const;

/** A float32 tensor; without a shape, a scalar. */
export function floats(values: ArrayLike<number>, shape: readonly number[] = []): Tensor {
  return makeTensor('float32', shape, values);
}

/** A vector of int32. */
export function ints(values: readonly number[]): Tensor {
  return makeTensor('int32', [values.length], values);
}

/** Strings; without a shape, a scalar. */
export function strings(values: readonly string[], shape: readonly number[] = []): Tensor {
  const encoder = new TextEncoder();
  return { dtype: 'string', shape, bytes: new Uint8Array(0), strings: values.map((value) => encoder.encode(value)) };
}
