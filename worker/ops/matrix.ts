import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { broadcastShapes, ofRank, shapeText } from './shapes.ts';

const matMul = op('MatMul', {
  inputs: { a: 'tensor', b: 'tensor' },
  shape: ({ a, b }, attrs) => {
    ofRank(a, 2, attrs, 'the left operand');
    ofRank(b, 2, attrs, 'the right operand');
    return product(a ?? [-1, -1], b ?? [-1, -1], attrs.bool('transpose_a', false), attrs.bool('transpose_b', false), attrs);
  },
  forward: ({ a, b }, k, attrs) =>
    k.matMul(a, b, { transposeA: attrs.bool('transpose_a', false), transposeB: attrs.bool('transpose_b', false) }),
  gradient: ({ a, b }, { dy }, k, attrs) => {
    const { left, right } = productGradients(a, b, dy, attrs.bool('transpose_a', false), attrs.bool('transpose_b', false), k);
    return { a: left, b: right };
  },
  keeps: ['a', 'b'],
});

const batchMatMul = batched('BatchMatMul');
const batchMatMulV2 = batched('BatchMatMulV2');
const batchMatMulV3 = batched('BatchMatMulV3');

function batched(name: string) {
  return op(name, {
    inputs: { x: 'tensor', y: 'tensor' },
    shape: ({ x, y }, attrs) =>
      x === null || y === null ? null : product(x, y, attrs.bool('adj_x', false), attrs.bool('adj_y', false), attrs),
    forward: ({ x, y }, k, attrs) => k.matMul(x, y, { transposeA: attrs.bool('adj_x', false), transposeB: attrs.bool('adj_y', false) }),
    gradient: ({ x, y }, { dy }, k, attrs) => {
      const { left, right } = productGradients(x, y, dy, attrs.bool('adj_x', false), attrs.bool('adj_y', false), k);
      return { x: left, y: right };
    },
    keeps: ['x', 'y'],
  });
}

/** Of a · b: dy · bᵀ and aᵀ · dy, transposed where the operand was, summed over leading axes that it was broadcast along. */
function productGradients(a: Value, b: Value, dy: Value, transposedA: boolean, transposedB: boolean, k: Kernels) {
  const product = (x: Value, transposeA: boolean, y: Value, transposeB: boolean): Value => k.matMul(x, y, { transposeA, transposeB });
  return {
    left: () => k.sumTo(transposedA ? product(b, transposedB, dy, true) : product(dy, false, b, !transposedB), a.shape),
    right: () => k.sumTo(transposedB ? product(dy, true, a, transposedA) : product(a, !transposedA, dy, false), b.shape),
  };
}

function product(a: readonly number[], b: readonly number[], transposeA: boolean, transposeB: boolean, attrs: NodeAttrs): Shape {
  if (a.length < 2 || b.length < 2) throw attrs.mismatch(`operands ${shapeText(a)} and ${shapeText(b)} are not matrices.`);
  const [rows = -1, inner = -1] = transposeA ? a.slice(-2).reverse() : a.slice(-2);
  const [depth = -1, columns = -1] = transposeB ? b.slice(-2).reverse() : b.slice(-2);
  if (inner >= 0 && depth >= 0 && inner !== depth) {
    throw attrs.mismatch(`inner sizes ${inner} and ${depth} of ${shapeText(a)} and ${shapeText(b)} do not agree.`);
  }
  return [...(broadcastShapes(a.slice(0, -2), b.slice(0, -2), attrs) ?? []), rows, columns];
}

export const matrixOps = [matMul, batchMatMul, batchMatMulV2, batchMatMulV3];
