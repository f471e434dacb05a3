import type { Shape } from '../../formats/tensor.ts';
import type { GraphNode } from '../../graph/graph.ts';
import { isFromAvgPool } from '../../quantize/placement/ops.ts';
import type { SceneInput } from '../input.ts';
import { SHORT_NAMES } from './opKinds.ts';
import { dimension, parameterShape } from './shapes.ts';

/** Second line of a layer box: `Conv2D 3×3 s2 · 64→128`. What is not known is left out. */
export function layerFacts(anchor: GraphNode, weights: Shape): string {
  const name = SHORT_NAMES.get(anchor.op) ?? anchor.op;
  if (weights === null) return [name, strideText(anchor)].filter(Boolean).join(' ');
  switch (anchor.op) {
    case 'Conv2D':
    case 'Conv2DBackpropInput': {
      const [height, width, first, second] = weights;
      const [from, to] = anchor.op === 'Conv2D' ? [first, second] : [second, first];
      return `${name} ${dimension(height)}×${dimension(width)} ${strideText(anchor)} · ${dimension(from)}→${dimension(to)}`;
    }
    case 'DepthwiseConv2dNative': {
      const [height, width, channels, multiplier] = weights;
      const out = multiplier === undefined || multiplier === 1 ? '' : `→${dimension((channels ?? -1) * multiplier)}`;
      return `${name} ${dimension(height)}×${dimension(width)} ${strideText(anchor)} · ${dimension(channels)}${out}`;
    }
    case 'MatMul':
    case 'BatchMatMul':
    case 'BatchMatMulV2': {
      const flipped = flag(anchor, 'transpose_b') || flag(anchor, 'adj_y');
      const [from, to] = flipped ? [weights.at(-1), weights.at(-2)] : [weights.at(-2), weights.at(-1)];
      return `${name} · ${dimension(from)}→${dimension(to)}`;
    }
    default:
      return `${name} · ${weights.map(dimension).join('×')}`;
  }
}

/** Title of a small box: `MaxPool 3×3 s2`, `Add`, `Concat`. */
export function opTitle(input: SceneInput, anchor: GraphNode): string {
  const name = SHORT_NAMES.get(anchor.op) ?? anchor.op;
  if (isFromAvgPool(anchor.name)) {
    // preprocess_layers writes an average pool as a depthwise layer of equal weights.
    const [height, width] = parameterShape(input, anchor.edges[1] ?? { node: '', port: 0 }) ?? [];
    return `AvgPool ${dimension(height)}×${dimension(width)}${strideSuffix(anchor)}`;
  }
  if (/Pool/.test(anchor.op)) {
    const [height, width] = spatial(anchor, 'ksize');
    return height === undefined ? name : `${name} ${height}×${width}${strideSuffix(anchor)}`;
  }
  return name;
}

/** `s1`, `s2`, `s2×1`, with `d2` where the kernel is dilated. */
function strideText(node: GraphNode): string {
  const [down, across] = spatial(node, 'strides');
  const [high, wide] = spatial(node, 'dilations');
  const stride = down === undefined ? '' : `s${down}${across === down ? '' : `×${across}`}`;
  const dilation = high === undefined || (high === 1 && wide === 1) ? '' : ` d${high}${wide === high ? '' : `×${wide}`}`;
  return `${stride}${dilation}`;
}

function strideSuffix(node: GraphNode): string {
  const [down, across] = spatial(node, 'strides');
  return down === undefined || (down === 1 && across === 1) ? '' : ` ${strideText(node)}`;
}

/** Height and width of a list attribute with one number per axis. */
function spatial(node: GraphNode, name: string): readonly number[] {
  const attr = node.attr(name);
  if (attr?.kind !== 'list' || attr.value.ints.length !== 4) return [];
  const format = node.attr('data_format');
  const first = format?.kind === 'string' && format.value === 'NCHW' ? 2 : 1;
  return attr.value.ints.slice(first, first + 2);
}

function flag(node: GraphNode, name: string): boolean {
  const attr = node.attr(name);
  return attr?.kind === 'bool' && attr.value;
}
