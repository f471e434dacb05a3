import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { op } from './op.ts';
import { ofRank, shapeText } from './shapes.ts';
import { convGeometry, requireNhwc } from './spatial.ts';

const conv2d = op('Conv2D', {
  inputs: { input: 'tensor', filter: 'tensor' },
  shape: ({ input, filter }, attrs, { producer }) => {
    if (!producer(0)?.op.startsWith('Placeholder')) refuseGroups(input, filter, attrs);
    return convShape(input, filter, attrs, (_channels, last) => last);
  },
  forward: ({ input, filter }, k, attrs) => k.conv2d(input, filter, convGeometry(input.shape, window(filter.shape), attrs).geometry),
});

const depthwiseConv2d = op('DepthwiseConv2dNative', {
  inputs: { input: 'tensor', filter: 'tensor' },
  shape: ({ input, filter }, attrs) =>
    convShape(input, filter, attrs, (channels, last) => (channels < 0 || last < 0 ? -1 : channels * last)),
  forward: ({ input, filter }, k, attrs) =>
    k.depthwiseConv2d(input, filter, convGeometry(input.shape, window(filter.shape), attrs).geometry),
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
});

/**
 * TensorFlow takes a filter for a part of the channels as a convolution in groups. Directly behind an input it is rather an input
 * shape that is wrong.
 */
function refuseGroups(input: Shape, filter: Shape, attrs: NodeAttrs): void {
  const [channels = -1, filterChannels = -1, outputs = -1] = [input?.[3], filter?.[2], filter?.[3]];
  if (channels <= 0 || filterChannels <= 0 || channels === filterChannels || channels % filterChannels !== 0) return;
  const groups = channels / filterChannels;
  if (outputs % groups !== 0) return;
  throw attrs.unsupported(
    `the filter ${shapeText(filter)} is for ${filterChannels} of ${channels} channels; convolutions in groups are not supported.`,
    `Export it as ${groups} convolutions of ${filterChannels} channels each, or check the input shape given for the graph.`,
  );
}

/** Shape of a convolution: [N, H', W', outputs(in channels, last filter axis)]. */
function convShape(input: Shape, filter: Shape, attrs: NodeAttrs, outputs: (channels: number, last: number) => number): Shape {
  ofRank(input, 4, attrs, 'the input');
  ofRank(filter, 4, attrs, 'the filter');
  requireNhwc(attrs);
  const [batch, channels] = [input?.[0] ?? -1, input?.[3] ?? -1];
  const [rows = -1, columns = -1, filterChannels = -1, last = -1] = filter ?? [];
  if (channels >= 0 && filterChannels >= 0 && channels !== filterChannels) {
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
