import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { known } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { ofRank, shapeText } from './shapes.ts';
import { requireNhwc } from './spatial.ts';

/** A size divided by a block. @throws GraffitistError `shape-mismatch` where it does not go up */
function divided(size: number, block: number, attrs: NodeAttrs): number {
  if (size >= 0 && size % block !== 0) throw attrs.mismatch(`${size} is no multiple of the block ${block}.`);
  return size < 0 ? -1 : size / block;
}

const times = (size: number, block: number): number => (size < 0 ? -1 : size * block);

/** Squares of block_size × block_size pixels become channels. */
const spaceToDepth = op('SpaceToDepth', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => {
    requireNhwc(attrs);
    const block = attrs.int('block_size');
    const shape = ofRank(input, 4, attrs, 'the input');
    const [batch = -1, rows = -1, columns = -1, channels = -1] = shape ?? [];
    return [batch, divided(rows, block, attrs), divided(columns, block, attrs), times(channels, block * block)];
  },
  forward: ({ input }, k, attrs) => toDepth(input, attrs.int('block_size'), k),
  gradient: (_inputs, { dy }, k, attrs) => ({ input: () => toSpace(dy, attrs.int('block_size'), k) }),
});

/** Channels become squares of block_size × block_size pixels. */
const depthToSpace = op('DepthToSpace', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => {
    requireNhwc(attrs);
    const block = attrs.int('block_size');
    const shape = ofRank(input, 4, attrs, 'the input');
    const [batch = -1, rows = -1, columns = -1, channels = -1] = shape ?? [];
    return [batch, times(rows, block), times(columns, block), divided(channels, block * block, attrs)];
  },
  forward: ({ input }, k, attrs) => toSpace(input, attrs.int('block_size'), k),
  gradient: (_inputs, { dy }, k, attrs) => ({ input: () => toDepth(dy, attrs.int('block_size'), k) }),
});

function toDepth(x: Value, block: number, k: Kernels): Value {
  const [batch = 0, rows = 0, columns = 0, channels = 0] = x.shape;
  const [down, across] = [rows / block, columns / block];
  const squares = k.transpose(k.reshape(x, [batch, down, block, across, block * channels]), [0, 1, 3, 2, 4]);
  return k.reshape(squares, [batch, down, across, block * block * channels]);
}

function toSpace(x: Value, block: number, k: Kernels): Value {
  const [batch = 0, rows = 0, columns = 0, channels = 0] = x.shape;
  const depth = channels / (block * block);
  const squares = k.transpose(k.reshape(x, [batch, rows, columns, block, block * depth]), [0, 1, 3, 2, 4]);
  return k.reshape(squares, [batch, rows * block, columns * block, depth]);
}

/** [N, spatial …, rest …] around spatial axis `i`: its size, and how many values the axes before and behind it span. */
function spatialAxis(shape: readonly number[], blocks: readonly number[], i: number) {
  const [batch = 1, ...axes] = shape;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  return {
    batch,
    size: axes[i] ?? 1,
    before: product(axes.slice(0, i)),
    after: product(axes.slice(i + 1)),
    spatial: axes.slice(0, blocks.length),
    rest: axes.slice(blocks.length),
  };
}

/** Pads, then takes every block-th pixel as an image of its own: what an atrous convolution did before it had dilations. */
const spaceToBatchNd = op('SpaceToBatchND', {
  inputs: { input: 'tensor', block_shape: 'numbers', paddings: 'numbers' },
  shape: ({ input, block_shape, paddings }, attrs): Shape => {
    const [blocks, pads] = [known(block_shape), known(paddings)];
    if (input === null || blocks === null || pads === null) return input?.map(() => -1) ?? null;
    checkBlocks(input, blocks, pads, attrs);
    return input.map((size, axis) => {
      if (axis === 0)
        return times(
          size,
          blocks.reduce((a, b) => a * b, 1),
        );
      const block = blocks[axis - 1];
      if (block === undefined) return size;
      return size < 0 ? -1 : divided(size + (pads[2 * axis - 2] ?? 0) + (pads[2 * axis - 1] ?? 0), block, attrs);
    });
  },
  forward: ({ input, block_shape: blocks, paddings }, k) => {
    const padded = k.pad(
      input,
      input.shape.map((_, axis) => (axis === 0 ? [0, 0] : [paddings[2 * axis - 2] ?? 0, paddings[2 * axis - 1] ?? 0]) as [number, number]),
      0,
    );
    return cutIntoBatch(padded, blocks, k);
  },
  gradient: ({ input, block_shape: blocks, paddings }, { dy }, k) => ({
    input: () => {
      const joined = joinedFromBatch(dy, blocks, k);
      const begin = input.shape.map((_, axis) => (axis === 0 ? 0 : (paddings[2 * axis - 2] ?? 0)));
      return k.stridedSlice(
        joined,
        begin,
        input.shape,
        begin.map(() => 1),
      );
    },
  }),
});

/** Puts images that were cut by SpaceToBatchND together again, and crops. */
const batchToSpaceNd = op('BatchToSpaceND', {
  inputs: { input: 'tensor', block_shape: 'numbers', crops: 'numbers' },
  shape: ({ input, block_shape, crops }, attrs): Shape => {
    const [blocks, cut] = [known(block_shape), known(crops)];
    if (input === null || blocks === null || cut === null) return input?.map(() => -1) ?? null;
    checkBlocks(input, blocks, cut, attrs);
    return input.map((size, axis) => {
      if (axis === 0)
        return divided(
          size,
          blocks.reduce((a, b) => a * b, 1),
          attrs,
        );
      const block = blocks[axis - 1];
      if (block === undefined || size < 0) return size;
      const left = size * block - (cut[2 * axis - 2] ?? 0) - (cut[2 * axis - 1] ?? 0);
      if (left < 0) throw attrs.mismatch(`crops ${cut.join(', ')} take more than there is of ${shapeText(input)}.`);
      return left;
    });
  },
  forward: ({ input, block_shape: blocks, crops }, k) => {
    const joined = joinedFromBatch(input, blocks, k);
    const crop = (axis: number, side: 0 | 1): number => (axis === 0 ? 0 : (crops[2 * axis - 2 + side] ?? 0));
    return k.stridedSlice(
      joined,
      joined.shape.map((_, axis) => crop(axis, 0)),
      joined.shape.map((size, axis) => size - crop(axis, 0) - crop(axis, 1)),
      joined.shape.map(() => 1),
    );
  },
  gradient: ({ block_shape: blocks, crops }, { dy }, k) => ({
    input: () => {
      const crop = (axis: number, side: 0 | 1): number => (axis === 0 ? 0 : (crops[2 * axis - 2 + side] ?? 0));
      const whole = k.pad(
        dy,
        dy.shape.map((_, axis) => [crop(axis, 0), crop(axis, 1)] as const),
        0,
      );
      return cutIntoBatch(whole, blocks, k);
    },
  }),
});

/** One axis after the other: what is left of it stays, its place in the block joins the batch behind the places of earlier axes. */
function cutIntoBatch(images: Value, blocks: readonly number[], k: Kernels): Value {
  const all = blocks.map((_, i) => i).toReversed();
  return all.reduce((x: Value, i) => {
    const { batch, size, before, after, spatial, rest } = spatialAxis(x.shape, blocks, i);
    const block = blocks[i] ?? 1;
    const cut = k.transpose(k.reshape(x, [batch * before, size / block, block, after]), [2, 0, 1, 3]);
    return k.reshape(cut, [block * batch, ...spatial.with(i, size / block), ...rest]);
  }, images);
}

function joinedFromBatch(pieces: Value, blocks: readonly number[], k: Kernels): Value {
  return blocks.reduce((x: Value, block, i) => {
    const { batch, size, before, after, spatial, rest } = spatialAxis(x.shape, blocks, i);
    const places = k.transpose(k.reshape(x, [block, (batch / block) * before, size, after]), [1, 2, 0, 3]);
    return k.reshape(places, [batch / block, ...spatial.with(i, size * block), ...rest]);
  }, pieces);
}

function checkBlocks(input: readonly number[], blocks: readonly number[], pads: readonly number[], attrs: NodeAttrs): void {
  if (blocks.some((block) => block < 1)) throw attrs.malformed(`blocks ${blocks.join(', ')} are not positive.`);
  if (input.length <= blocks.length || pads.length !== blocks.length * 2) {
    throw attrs.mismatch(`${blocks.length} blocks and ${pads.length} paddings do not fit ${shapeText(input)}.`);
  }
}

export const blockOps = [spaceToDepth, depthToSpace, spaceToBatchNd, batchToSpaceNd];
