import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { ofRank } from './shapes.ts';

/**
 * Where an output position lies among the input positions, in float32 as TensorFlow computes it (core/util/image_resizer_state.h):
 * corners on corners, half pixel on half pixel, or the old rule that scales the position itself.
 */
interface Sampling {
  readonly corners: boolean;
  readonly halfPixels: boolean;
}

function samplingOf(attrs: NodeAttrs): Sampling {
  const sampling = { corners: attrs.bool('align_corners', false), halfPixels: attrs.bool('half_pixel_centers', false) };
  if (sampling.corners && sampling.halfPixels) throw attrs.malformed('align_corners and half_pixel_centers exclude each other.');
  return sampling;
}

const { fround } = Math;

function scaleOf(input: number, output: number, { corners }: Sampling): number {
  return corners && output > 1 ? fround((input - 1) / (output - 1)) : fround(input / output);
}

/** For every output position the nearest input position. */
function nearest(input: number, output: number, sampling: Sampling): readonly number[] {
  const scale = scaleOf(input, output, sampling);
  return Array.from({ length: output }, (_, i) => {
    const at = sampling.halfPixels ? fround(fround(i + 0.5) * scale) : fround(i * scale);
    // roundf: half away from zero, and no position is negative.
    return Math.min(sampling.corners ? Math.floor(at + 0.5) : Math.floor(at), input - 1);
  });
}

/** For every output position the two input positions around it and how far it is from the first towards the second. */
function between(input: number, output: number, sampling: Sampling) {
  const scale = scaleOf(input, output, sampling);
  const at = Array.from({ length: output }, (_, i) =>
    sampling.halfPixels ? fround(fround(fround(i + 0.5) * scale) - 0.5) : fround(i * scale),
  );
  return {
    lower: at.map((position) => Math.max(Math.floor(position), 0)),
    upper: at.map((position) => Math.min(Math.ceil(position), input - 1)),
    share: at.map((position) => fround(position - Math.floor(position))),
  };
}

/** [N, H', W', C]; where the wanted size is not known, what the file remembers of it. */
function resizedShape(images: Shape, size: readonly (number | null)[] | null, attrs: NodeAttrs): Shape {
  ofRank(images, 4, attrs, 'the image');
  const cached = attrs.outputShapes()?.[0];
  const [rows, columns] = [0, 1].map((i) => size?.[i] ?? cached?.[i + 1] ?? -1) as [number, number];
  if (rows === 0 || columns === 0) throw attrs.mismatch(`the wanted size ${rows}×${columns} is empty.`);
  return [images?.[0] ?? -1, rows, columns, images?.[3] ?? -1];
}

function pick(x: Value, positions: readonly number[], axis: number, k: Kernels): Value {
  return k.gather(x, k.constant('int32', [positions.length], positions), axis, 0);
}

/** Adds up what was picked along an axis of `size`, where it came from. */
function putBack(dy: Value, positions: readonly number[], axis: number, size: number, k: Kernels): Value {
  return k.gatherGrad(dy, k.constant('int32', [positions.length], positions), dy.shape.with(axis, size), axis, 0);
}

const resizeNearest = op('ResizeNearestNeighbor', {
  inputs: { images: 'tensor', size: 'numbers' },
  shape: ({ images, size }, attrs) => resizedShape(images, size, attrs),
  forward: ({ images, size: [rows = 1, columns = 1] }, k, attrs) => {
    const sampling = samplingOf(attrs);
    const [, height = 1, width = 1] = images.shape;
    return pick(pick(images, nearest(width, columns, sampling), 2, k), nearest(height, rows, sampling), 1, k);
  },
  gradient: ({ images, size: [rows = 1, columns = 1] }, { dy }, k, attrs) => {
    const sampling = samplingOf(attrs);
    const [, height = 1, width = 1] = images.shape;
    return {
      images: () => putBack(putBack(dy, nearest(height, rows, sampling), 1, height, k), nearest(width, columns, sampling), 2, width, k),
    };
  },
});

/** Along each row, then down the columns, with TensorFlow's a + (b − a) · share; the result is float32 whatever the image is. */
const resizeBilinear = op('ResizeBilinear', {
  inputs: { images: 'tensor', size: 'numbers' },
  shape: ({ images, size }, attrs) => resizedShape(images, size, attrs),
  forward: ({ images, size: [rows = 1, columns = 1] }, k, attrs) => {
    const sampling = samplingOf(attrs);
    const along = (x: Value, axis: number, length: number): Value => {
      const { lower, upper, share } = between(x.shape[axis] ?? 1, length, sampling);
      const first = pick(x, lower, axis, k);
      const weights = k.constant('float32', axis === 1 ? [1, length, 1, 1] : [1, 1, length, 1], share);
      return k.add(first, k.mul(k.sub(pick(x, upper, axis, k), first), weights));
    };
    return along(along(k.cast(images, 'float32'), 2, columns), 1, rows);
  },
  gradient: ({ images, size: [rows = 1, columns = 1] }, { dy }, k, attrs) => {
    const sampling = samplingOf(attrs);
    const [, height = 1, width = 1] = images.shape;
    const back = (d: Value, axis: 1 | 2, size: number, length: number): Value => {
      const { lower, upper, share } = between(size, length, sampling);
      const towards = k.mul(d, k.constant('float32', axis === 1 ? [1, length, 1, 1] : [1, 1, length, 1], share));
      return k.add(putBack(k.sub(d, towards), lower, axis, size, k), putBack(towards, upper, axis, size, k));
    };
    return { images: () => k.cast(back(back(dy, 1, height, rows), 2, width, columns), images.dtype) };
  },
});

export const resizingOps = [resizeNearest, resizeBilinear];
