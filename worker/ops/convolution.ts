import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { ConvGeometry, Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { ofRank, shapeText } from './shapes.ts';
import { convGeometry, requireNhwc } from './spatial.ts';

const conv2d = op('Conv2D', {
  inputs: { input: 'tensor', filter: 'tensor' },
  shape: ({ input, filter }, attrs, { producer }) => {
    const groups = producer(0)?.op.startsWith('Placeholder') ? 1 : groupsOf(input, filter);
    return convShape(input, filter, attrs, (_channels, last) => last, groups);
  },
  forward: ({ input, filter }, k, attrs) => {
    const { geometry } = convGeometry(input.shape, window(filter.shape), attrs);
    const groups = groupsOf(input.shape, filter.shape);
    return groups === 1 ? k.conv2d(input, filter, geometry) : convolveGroups(input, filter, groups, geometry, k);
  },
  gradient: ({ input, filter }, { dy }, k, attrs) => {
    const { geometry } = convGeometry(input.shape, window(filter.shape), attrs);
    const groups = groupsOf(input.shape, filter.shape);
    if (groups > 1) return groupGradients(input, filter, dy, groups, geometry, k);
    return {
      input: () => k.conv2dInputGrad(dy, filter, input.shape, geometry),
      filter: () => k.conv2dFilterGrad(input, dy, filter.shape, geometry),
    };
  },
  keeps: ['input', 'filter'],
});

const depthwiseConv2d = op('DepthwiseConv2dNative', {
  inputs: { input: 'tensor', filter: 'tensor' },
  shape: ({ input, filter }, attrs) =>
    convShape(input, filter, attrs, (channels, last) => (channels < 0 || last < 0 ? -1 : channels * last)),
  forward: ({ input, filter }, k, attrs) =>
    k.depthwiseConv2d(input, filter, convGeometry(input.shape, window(filter.shape), attrs).geometry),
  gradient: ({ input, filter }, { dy }, k, attrs) => {
    const { geometry } = convGeometry(input.shape, window(filter.shape), attrs);
    return {
      input: () => k.depthwiseConv2dInputGrad(dy, filter, input.shape, geometry),
      filter: () => k.depthwiseConv2dFilterGrad(input, dy, filter.shape, geometry),
    };
  },
  keeps: ['input', 'filter'],
});

const biasAdd = op('BiasAdd', {
  inputs: { value: 'tensor', bias: 'tensor' },
  shape: ({ value, bias }, attrs) => {
    requireNhwc(attrs);
    ofRank(bias, 1, attrs, 'the bias');
    const [channels, length] = [value?.at(-1) ?? -1, bias?.[0] ?? -1];
    if (channels >= 0 && length >= 0 && channels !== length) {
      throw attrs.mismatch(`a bias of ${length} does not fit onto ${shapeText(value)}.`);
    }
    return value && value.length > 0 ? [...value.slice(0, -1), channels >= 0 ? channels : length] : value;
  },
  forward: ({ value, bias }, k) => k.biasAdd(value, bias),
  gradient: ({ bias }, { dy }, k) => ({ value: dy, bias: () => k.sumTo(dy, bias.shape) }),
});

/**
 * In how many groups of channels a convolution works: TensorFlow takes a filter for 1/n of the channels as n convolutions side by side,
 * each from its share of the channels to its share of the outputs. Directly behind an input it is rather an input shape that is wrong.
 */
function groupsOf(input: Shape, filter: Shape): number {
  const [channels = -1, filterChannels = -1, outputs = -1] = [input?.[3], filter?.[2], filter?.[3]];
  if (channels <= 0 || filterChannels <= 0 || channels % filterChannels !== 0) return 1;
  const groups = channels / filterChannels;
  return outputs % groups === 0 ? groups : 1;
}

/** Each group's channels by its own filters, the results one behind the other; a channel per group is a depthwise convolution. */
function convolveGroups(input: Value, filter: Value, groups: number, geometry: ConvGeometry, k: Kernels): Value {
  const [rows = 1, columns = 1, channels = 1, outputs = 1] = filter.shape;
  if (channels === 1) return k.depthwiseConv2d(input, k.reshape(filter, [rows, columns, groups, outputs / groups]), geometry);
  return sideBySide(groups, k, (group) =>
    k.conv2d(channelPart(input, channels, group, k), channelPart(filter, outputs / groups, group, k), geometry),
  );
}

/** Each group's derivatives, as it computes. */
function groupGradients(input: Value, filter: Value, dy: Value, groups: number, geometry: ConvGeometry, k: Kernels) {
  const [rows = 1, columns = 1, channels = 1, outputs = 1] = filter.shape;
  if (channels === 1) {
    const separate = [rows, columns, groups, outputs / groups];
    return {
      input: () => k.depthwiseConv2dInputGrad(dy, k.reshape(filter, separate), input.shape, geometry),
      filter: () => k.reshape(k.depthwiseConv2dFilterGrad(input, dy, separate, geometry), filter.shape),
    };
  }
  const size = outputs / groups;
  const parts = (group: number): readonly [input: Value, filter: Value, dy: Value] => [
    channelPart(input, channels, group, k),
    channelPart(filter, size, group, k),
    channelPart(dy, size, group, k),
  ];
  return {
    input: () =>
      sideBySide(groups, k, (group) => {
        const [x, w, d] = parts(group);
        return k.conv2dInputGrad(d, w, x.shape, geometry);
      }),
    filter: () =>
      sideBySide(groups, k, (group) => {
        const [x, w, d] = parts(group);
        return k.conv2dFilterGrad(x, d, w.shape, geometry);
      }),
  };
}

/** The channels of one group. */
function channelPart(x: Value, size: number, group: number, k: Kernels): Value {
  return k.stridedSlice(x, [0, 0, 0, group * size], x.shape.with(3, size), [1, 1, 1, 1]);
}

function sideBySide(groups: number, k: Kernels, part: (group: number) => Value): Value {
  return k.concat(
    Array.from({ length: groups }, (_, group) => part(group)),
    3,
  );
}

/** Shape of a convolution: [N, H', W', outputs(in channels, last filter axis)]. */
function convShape(input: Shape, filter: Shape, attrs: NodeAttrs, outputs: (channels: number, last: number) => number, groups = 1): Shape {
  ofRank(input, 4, attrs, 'the input');
  ofRank(filter, 4, attrs, 'the filter');
  requireNhwc(attrs);
  const [batch, channels] = [input?.[0] ?? -1, input?.[3] ?? -1];
  const [rows = -1, columns = -1, filterChannels = -1, last = -1] = filter ?? [];
  if (channels >= 0 && filterChannels >= 0 && channels !== filterChannels * groups) {
    throw attrs.mismatch(
      `the filter ${shapeText(filter)} is for ${filterChannels} channels and the input ${shapeText(input)} has ${channels}.`,
    );
  }
  const filterOrInput = filterChannels >= 0 ? filterChannels : channels;
  if (rows < 0 || columns < 0) return [batch, -1, -1, outputs(filterOrInput, last)];
  const { output } = convGeometry(input, [rows, columns], attrs);
  return [batch, ...output, outputs(filterOrInput, last)];
}

function window(filter: readonly number[]): readonly [number, number] {
  return [filter[0] ?? 1, filter[1] ?? 1];
}

export const convolutionOps = [conv2d, depthwiseConv2d, biasAdd];
