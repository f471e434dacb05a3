import type { ConvGeometry, Pair, Value } from './kernels.ts';
import { op } from './op.ts';
import { ofRank } from './shapes.ts';
import { putBack } from './slicing.ts';
import { patchGeometry } from './spatial.ts';

/**
 * The windows of an image, each laid out along the channels: row by row, the channels of one place together. Detectors fold an image
 * onto itself with it (the `reorg` of YOLO v2). What hangs over the border is 0.
 */
const extractImagePatches = op('ExtractImagePatches', {
  inputs: { images: 'tensor' },
  shape: ({ images }, attrs) => {
    ofRank(images, 4, attrs, 'the input');
    const { size, output } = patchGeometry(images, attrs);
    const channels = images?.[3] ?? -1;
    return [images?.[0] ?? -1, ...output, channels < 0 ? -1 : channels * size[0] * size[1]];
  },
  forward: ({ images }, k, attrs) => {
    const { size, output, geometry } = patchGeometry(images.shape, attrs);
    const padded = k.pad(images, [[0, 0], ...geometry.padding, [0, 0]], 0);
    const [batch = 0, , , channels = 0] = images.shape;
    const parts = corners(size, geometry).map((begin) =>
      k.stridedSlice(padded, begin, [batch, ...output, channels], [1, ...geometry.strides, 1]),
    );
    return k.concat(parts, 3);
  },
  gradient: ({ images }, { dy }, k, attrs) => {
    const { size, output, geometry } = patchGeometry(images.shape, attrs);
    const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
    const [[top, bottom], [left, right]] = geometry.padding;
    const padded = [batch, height + top + bottom, width + left + right, channels];
    const parts = (): readonly Value[] =>
      corners(size, geometry).map((begin, place) => {
        const part = k.stridedSlice(dy, [0, 0, 0, place * channels], [batch, ...output, channels], [1, 1, 1, 1]);
        return putBack(part, padded, { begin, strides: [1, ...geometry.strides, 1] }, k);
      });
    return {
      images: () => {
        const sum = parts().reduce((a, b) => k.add(a, b));
        return k.stridedSlice(sum, [0, top, left, 0], images.shape, [1, 1, 1, 1]);
      },
    };
  },
});

/** Where the first window finds each of its places, row by row. */
function corners(size: Pair, { dilations }: ConvGeometry): readonly (readonly number[])[] {
  return Array.from({ length: size[0] * size[1] }, (_, place) => [
    0,
    Math.floor(place / size[1]) * dilations[0],
    (place % size[1]) * dilations[1],
    0,
  ]);
}

export const patchOps = [extractImagePatches];
