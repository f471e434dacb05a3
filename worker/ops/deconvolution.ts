import type { Kernels, Pair, Value } from './kernels.ts';
import { op } from './op.ts';
import { ofRank, shapeText } from './shapes.ts';
import { convGeometry } from './spatial.ts';

/**
 * The transposed convolution (deconvolution): the gradient of a Conv2D by its input. With zeros between the pixels of `out_backprop` it is
 * a plain convolution by the filter turned round, its channels swapped (Dumoulin and Visin 2016, section 4).
 */
const conv2dBackpropInput = op('Conv2DBackpropInput', {
  inputs: { input_sizes: 'numbers', filter: 'tensor', out_backprop: 'tensor' },
  shape: ({ input_sizes, filter, out_backprop }, attrs) => {
    ofRank(filter, 4, attrs, 'the filter');
    ofRank(out_backprop, 4, attrs, 'the input');
    const [rows = -1, columns = -1, channels = -1, inner = -1] = filter ?? [];
    const given = out_backprop?.[3] ?? -1;
    if (inner >= 0 && given >= 0 && inner !== given) {
      throw attrs.mismatch(
        `the filter ${shapeText(filter)} is for ${inner} channels and the input ${shapeText(out_backprop)} has ${given}.`,
      );
    }
    const [batch, height, width, depth] = wantedSizes(input_sizes);
    if (depth >= 0 && channels >= 0 && depth !== channels) {
      throw attrs.mismatch(`${depth} channels are wanted and the filter ${shapeText(filter)} gives ${channels}.`);
    }
    const wanted = [batch < 0 ? (out_backprop?.[0] ?? -1) : batch, height, width, channels < 0 ? depth : channels];
    if (rows < 0 || columns < 0) return wanted;
    const { output } = convGeometry(wanted, [rows, columns], attrs);
    output.forEach((size, i) => {
      const there = out_backprop?.[i + 1] ?? -1;
      if (size >= 0 && there >= 0 && size !== there) {
        throw attrs.mismatch(`an image of ${shapeText(wanted)} is wanted and the input ${shapeText(out_backprop)} does not lead there.`);
      }
    });
    return wanted;
  },
  forward: ({ input_sizes, filter, out_backprop }, k, attrs) => {
    const [, height, width] = wantedSizes(input_sizes);
    const window: Pair = [filter.shape[0] ?? 1, filter.shape[1] ?? 1];
    const { geometry } = convGeometry([-1, height, width, -1], window, attrs);
    const { strides, dilations, padding } = geometry;
    const spread = spreadOut(out_backprop, strides, k);
    const border = ([height, width] as const).map((size, axis) => {
      const reach = ((window[axis] ?? 1) - 1) * (dilations[axis] ?? 1);
      const before = reach - (padding[axis]?.[0] ?? 0);
      return [before, size + reach - before - (spread.shape[axis + 1] ?? 1)] as const;
    }) as unknown as readonly [Pair, Pair];
    if (border.flat().some((size) => size < 0)) throw attrs.unsupported('its explicit padding is wider than its filter.');
    const turned = k.transpose(turnedRound(filter, k), [0, 1, 3, 2]);
    return k.conv2d(spread, turned, { strides: [1, 1], dilations, padding: border });
  },
  // The op is a convolution's derivative by its input, and so a convolution is its own.
  gradient: ({ input_sizes, filter, out_backprop }, { dy }, k, attrs) => {
    const [, height, width] = wantedSizes(input_sizes);
    const { geometry } = convGeometry([-1, height, width, -1], [filter.shape[0] ?? 1, filter.shape[1] ?? 1], attrs);
    return {
      filter: () => k.conv2dFilterGrad(dy, out_backprop, filter.shape, geometry),
      out_backprop: () => k.conv2d(dy, filter, geometry),
    };
  },
  keeps: ['filter', 'out_backprop'],
});

/** Batch, height, width and channels; TensorFlow also takes height and width alone. -1 where not known. */
function wantedSizes(sizes: readonly (number | null)[] | null): readonly [number, number, number, number] {
  const all = sizes?.length === 2 ? [-1, ...sizes, -1] : (sizes ?? []);
  const [batch, height, width, channels] = [0, 1, 2, 3].map((i) => all[i] ?? -1) as [number, number, number, number];
  return [batch, height, width, channels];
}

/** Puts strides − 1 zeros between the pixels. */
function spreadOut(x: Value, strides: Pair, k: Kernels): Value {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [down, across] = strides;
  if (down === 1 && across === 1) return x;
  const none: Pair = [0, 0];
  const columns = k.pad(k.reshape(x, [batch * height, width, 1, channels]), [none, none, [0, across - 1], none], 0);
  const rows = k.pad(k.reshape(columns, [batch, height, 1, width * across * channels]), [none, none, [0, down - 1], none], 0);
  return k.stridedSlice(
    k.reshape(rows, [batch, height * down, width * across, channels]),
    [0, 0, 0, 0],
    [batch, (height - 1) * down + 1, (width - 1) * across + 1, channels],
    [1, 1, 1, 1],
  );
}

function turnedRound(filter: Value, k: Kernels): Value {
  const [rows = 1, columns = 1] = filter.shape;
  return k.stridedSlice(filter, [rows - 1, columns - 1, 0, 0], filter.shape, [-1, -1, 1, 1]);
}

export const deconvolutionOps = [conv2dBackpropInput];
