import { op } from './op.ts';
import { ofRank } from './shapes.ts';
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
    const places = Array.from({ length: size[0] * size[1] }, (_, place) => [Math.floor(place / size[1]), place % size[1]] as const);
    const parts = places.map(([row, column]) =>
      k.stridedSlice(
        padded,
        [0, row * geometry.dilations[0], column * geometry.dilations[1], 0],
        [batch, ...output, channels],
        [1, ...geometry.strides, 1],
      ),
    );
    return k.concat(parts, 3);
  },
});

export const patchOps = [extractImagePatches];
