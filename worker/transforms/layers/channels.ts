import type { GraphNode } from '../../graph/graph.ts';

/** How the weights of a layer lie: which element belongs to which input and which output channel. */
export interface ChannelLayout {
  readonly inputs: number;
  readonly outputs: number;
  inputOf(index: number): number;
  outputOf(index: number): number;
}

/** The layout of a layer's weights; undefined where channels are no axis of their own (batched products, groups are the caller's to see). */
export function channelLayout(layer: GraphNode, shape: readonly number[]): ChannelLayout | undefined {
  if (layer.op === 'MatMul' && shape.length === 2) {
    const [rows = 0, columns = 0] = shape;
    const flag = layer.attr('transpose_b');
    const transposed = flag?.kind === 'bool' && flag.value;
    const row = (index: number) => Math.floor(index / columns);
    const column = (index: number) => index % columns;
    return transposed
      ? { inputs: columns, outputs: rows, inputOf: column, outputOf: row }
      : { inputs: rows, outputs: columns, inputOf: row, outputOf: column };
  }
  if (shape.length !== 4) return undefined;
  const [, , inputs = 0, last = 0] = shape;
  if (layer.op === 'Conv2D') {
    return { inputs, outputs: last, inputOf: (index) => Math.floor(index / last) % inputs, outputOf: (index) => index % last };
  }
  if (layer.op !== 'DepthwiseConv2dNative') return undefined;
  const outputs = inputs * last;
  return { inputs, outputs, inputOf: (index) => Math.floor((index % outputs) / last), outputOf: (index) => index % outputs };
}
