import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from '../../worker/execute/backend.ts';
import type { TfValue } from '../../worker/execute/backends/tfjs.ts';
import { checkExecutable } from '../../worker/execute/checkExecutable.ts';
import { type BoundNode, Session } from '../../worker/execute/session.ts';
import type { Shape } from '../../worker/formats/tensor.ts';
import { Graph } from '../../worker/graph/graph.ts';
import { inferStatic } from '../../worker/ops/inferShapes.ts';
import type { Value } from '../../worker/ops/kernels.ts';
import { opFor } from '../../worker/ops/registry.ts';
import { type CifarStep, LOGITS } from './cifarStep.ts';

/**
 * The peer: the same graph differentiated by TensorFlow.js itself on its wasm backend, by the weights and biases as the layers read them,
 * with the kernels that it lacks composed tap by tap from those that it has. What leads on to variables and thresholds is not even asked.
 */
export async function autodiffStep(graph: Graph, step: CifarStep, backend: Backend): Promise<() => void> {
  registerMissing();
  const all = new Session(graph, { variables: step.variables, backend, feeds: ['input'] });
  const nodes = checkExecutable(graph, all.constants, new Set(['input']), [LOGITS]);
  const device = nodes.filter(({ name }) => !all.constants.has(name) && name !== 'input');
  const tensorsRead = device.flatMap((node) => {
    const kinds = opFor(node.op)?.kinds(node.edges.length) ?? [];
    return node.edges.filter((edge, slot) => kinds[slot] === 'tensor' && all.constants.has(edge.node));
  });
  const parameters = [...new Map(tensorsRead.map((edge) => [edge.node, edge])).values()];
  const fed = ['input', ...parameters.map(({ node }) => node)];
  const values = [step.images, ...(await Promise.all(parameters.map((edge) => all.constants.tensor(edge))))];
  const session = new Session(graph, { variables: step.variables, backend, feeds: fed });
  const part = new Graph([
    ...fed.map((name) => graph.node(name).with({ inputs: [], controls: [] })),
    ...nodes.filter(({ name }) => !fed.includes(name)),
  ]);
  const shapes = new Map<string, Shape>(fed.map((name, i) => [name, values[i]?.shape ?? null]));
  const { numbers } = inferStatic(part, { feeds: shapes, strict: true });
  const bound: BoundNode[] = [];
  for (const node of device) bound.push(await session.bind(node, numbers));
  const uploaded = values.map((tensor) => backend.upload(tensor) as TfValue);
  const target = tf.cast(tf.oneHot(tf.tensor1d(step.labels, 'int32'), 10), 'float32');
  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    const made = new Map<string, readonly Value[]>(
      fed.map((name, i) => [name, [{ ...(uploaded[i] as TfValue), tensor: tensors[i] as tf.Tensor } as TfValue]]),
    );
    for (const { node, varying, compute } of bound) {
      const inputs: (Value | undefined)[] = [];
      for (const { slot, edge } of varying) inputs[slot] = made.get(edge.node)?.[edge.port];
      made.set(node.name, compute(inputs));
    }
    const [logits] = made.get(LOGITS) as readonly [TfValue];
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits.tensor), target), 1)));
  };
  return () => {
    const { value, grads } = tf.tidy(() => {
      const found = tf.valueAndGrads(loss)(uploaded.map(({ tensor }) => tensor));
      return { value: found.value, grads: found.grads };
    });
    for (const tensor of [value, ...grads]) {
      tensor.dataSync();
      tensor.dispose();
    }
  };
}

let registered = false;

function registerMissing(): void {
  if (registered) return;
  registered = true;
  // Registers the library's gradients, which its core alone is without.
  createRequire(import.meta.url)('@tensorflow/tfjs');
  tf.registerGradient({
    kernelName: 'LinearQuant',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => {
        const { scale, min, max } = attrs as unknown as { scale: number; min: number; max: number };
        const code = tf.round(tf.mul(x as tf.Tensor, 1 / scale));
        return tf.mul(dy as tf.Tensor, tf.mul(tf.cast(tf.greaterEqual(code, min), 'float32'), tf.cast(tf.lessEqual(code, max), 'float32')));
      },
    }),
  });
  const kernel = (kernelName: string, compute: (inputs: Record<string, tf.Tensor>, attrs: Record<string, unknown>) => tf.Tensor): void =>
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, attrs as Record<string, unknown>)),
    });
  kernel('Conv2DBackpropFilter', ({ x, dy }, attrs) => {
    const info = convInfo(x?.shape, attrs.filterShape, attrs, false);
    const rows = tf.reshape(dy as tf.Tensor, [-1, info.outChannels]);
    const products = taps(x as tf.Tensor4D, info).map((part) => tf.matMul(tf.reshape(part, [-1, info.inChannels]), rows, true, false));
    return tf.reshape(tf.stack(products), attrs.filterShape as number[]);
  });
  kernel('DepthwiseConv2dNativeBackpropFilter', ({ x, dy }, attrs) => {
    const info = convInfo(x?.shape, attrs.filterShape, attrs, true);
    const sums = taps(x as tf.Tensor4D, info).map((part) => tf.sum(tf.mul(part, dy as tf.Tensor), [0, 1, 2]));
    return tf.reshape(tf.stack(sums), attrs.filterShape as number[]);
  });
  kernel('DepthwiseConv2dNativeBackpropInput', ({ dy, filter }, attrs) => {
    const info = convInfo(attrs.inputShape, filter?.shape, attrs, true);
    const { strideHeight: s, filterHeight: k, padInfo, inHeight, inWidth, outHeight, outWidth } = info;
    const [n = 1, , , c = 1] = (dy as tf.Tensor).shape;
    let spread = dy as tf.Tensor4D;
    if (s > 1) {
      const rows = tf.pad(tf.reshape(spread, [n * outHeight, 1, outWidth, c]), [
        [0, 0],
        [0, s - 1],
        [0, 0],
        [0, 0],
      ]);
      const both = tf.pad(tf.reshape(rows, [n * outHeight * s * outWidth, 1, 1, c]), [
        [0, 0],
        [0, 0],
        [0, s - 1],
        [0, 0],
      ]);
      spread = tf.slice(
        tf.reshape(both, [n, outHeight * s, outWidth * s, c]),
        [0, 0, 0, 0],
        [n, (outHeight - 1) * s + 1, (outWidth - 1) * s + 1, c],
      ) as tf.Tensor4D;
    }
    const [top, left] = [k - 1 - padInfo.top, k - 1 - padInfo.left];
    const padded = tf.pad(spread, [
      [0, 0],
      [top, inHeight + k - 1 - top - spread.shape[1]],
      [left, inWidth + k - 1 - left - spread.shape[2]],
      [0, 0],
    ]);
    return tf.depthwiseConv2d(padded as tf.Tensor4D, tf.reverse(filter as tf.Tensor4D, [0, 1]) as tf.Tensor4D, 1, 'valid');
  });
}

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

function convInfo(image: unknown, filter: unknown, { strides, pad }: Record<string, unknown>, depthwise: boolean): Info {
  type Four = [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(
    image as Four,
    filter as Four,
    strides as [number, number],
    1,
    pad as 'same',
    undefined,
    depthwise,
  );
}

/** What lies under each tap of a window at every output pixel. */
function taps(x: tf.Tensor4D, { padInfo, filterHeight, filterWidth, strideHeight: s, outHeight, outWidth, inChannels }: Info): tf.Tensor[] {
  const padded = tf.pad(x, [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ]);
  return Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const [row, column] = [Math.floor(tap / filterWidth), tap % filterWidth];
    const end = [x.shape[0], row + (outHeight - 1) * s + 1, column + (outWidth - 1) * s + 1, inChannels];
    return tf.stridedSlice(padded, [0, row, column, 0], end, [1, s, s, 1]);
  });
}
