import type { DType, Shape, Tensor } from './tensor.ts';

/** A decoded attribute of a node. int64 outside ±2⁵³ is rounded here; the node keeps the exact bytes. */
export type AttrValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'type'; readonly value: DType }
  | { readonly kind: 'shape'; readonly value: Shape }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'list'; readonly value: AttrList }
  | { readonly kind: 'function'; readonly value: string }
  | { readonly kind: 'placeholder'; readonly value: string }
  | { readonly kind: 'none' };

/** The repeated fields of a list attribute; absent ones are empty. */
export interface AttrList {
  readonly strings: readonly string[];
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly bools: readonly boolean[];
  readonly types: readonly DType[];
  readonly shapes: readonly Shape[];
}
