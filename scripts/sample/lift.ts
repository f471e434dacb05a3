import { EPSILON, isNormalized, LAYERS, type Layer, statisticName, type Weights, weightOf, weightsName } from './network.ts';

/** A channel of a depthwise layer whose weights are multiplied by 2^exponent, its input divided by as much. */
export interface Lift {
  readonly layer: string;
  readonly channel: number;
  readonly exponent: number;
}

/** Share of each depthwise layer's channels that is lifted. */
export const LIFTED_SHARE = 0.08;
/** The mean magnitude of a lifted channel's folded weights is 2⁵ to 2⁶ times the median of its layer's. */
const LIFT = 2 ** 5;

/**
 * Which channels to lift, and by how much: in each depthwise layer the 8 % that matter least to the layer after it.
 *
 * @param spread standard deviation of each channel that a layer puts out, by layer name
 */
export function chooseLifts(weights: Weights, spread: ReadonlyMap<string, Float32Array>): Lift[] {
  const lifts: Lift[] = [];
  LAYERS.forEach((layer, index) => {
    const next = LAYERS[index + 1];
    if (layer.kind !== 'depthwise' || next === undefined) return;
    const magnitudes = foldedWeights(weights, layer).map(Math.abs);
    const median = medianOf(magnitudes);
    const means = meansByChannel(magnitudes, layer.outputs);
    const importance = importanceOf(weights, next, spread.get(layer.name) ?? new Float32Array());
    const ranked = [...importance.keys()].filter((channel) => (means[channel] ?? 0) > 0);
    ranked.sort((a, b) => (importance[a] ?? 0) - (importance[b] ?? 0));
    for (const channel of ranked.slice(0, Math.ceil(LIFTED_SHARE * layer.outputs)).sort((a, b) => a - b)) {
      lifts.push({ layer: layer.name, channel, exponent: Math.ceil(Math.log2((LIFT * median) / (means[channel] ?? 1))) });
    }
  });
  return lifts;
}

/**
 * The same function in other numbers: a lifted channel's depthwise weights times 2^e, gamma and beta of the batch normalization before it times 2^−e. Between
 * the two lies a Relu, and max(0, x·2^−e) = max(0, x)·2^−e. Powers of two: no bit of any weight's mantissa changes. With `direction` −1 it is undone.
 */
export function applyLifts(weights: Weights, lifts: readonly Lift[], direction: 1 | -1 = 1): Weights {
  const lifted = new Map([...weights].map(([name, values]) => [name, Float32Array.from(values)]));
  for (const { layer: name, channel, exponent } of lifts) {
    const index = LAYERS.findIndex((layer) => layer.name === name);
    const [before, layer] = [LAYERS[index - 1], LAYERS[index]];
    if (layer === undefined || before?.activation !== 'Relu')
      throw new Error(`${name} has no Relu before it to lift its channels through.`);
    scaleChannel(weightOf(lifted, weightsName(layer)), channel, layer.outputs, 2 ** (direction * exponent));
    for (const statistic of ['gamma', 'beta'] as const) {
      scaleChannel(weightOf(lifted, statisticName(before, statistic)), channel, before.outputs, 2 ** (-direction * exponent));
    }
  }
  return lifted;
}

/** A layer's weights times gamma/√(variance + epsilon) of the normalization after it: what is quantized. */
export function foldedWeights(weights: Weights, layer: Layer): Float32Array {
  const values = weightOf(weights, weightsName(layer));
  const scales = isNormalized(layer) ? foldedScales(weights, layer) : undefined;
  return values.map((value, index) => value * (scales?.[index % layer.outputs] ?? 1));
}

function foldedScales(weights: Weights, layer: Layer): Float32Array {
  const variance = weightOf(weights, statisticName(layer, 'moving_variance'));
  return weightOf(weights, statisticName(layer, 'gamma')).map((gamma, channel) => gamma / Math.sqrt((variance[channel] ?? 0) + EPSILON));
}

function scaleChannel(values: Float32Array, channel: number, channels: number, factor: number): void {
  for (let index = channel; index < values.length; index += channels) values[index] = (values[index] ?? 0) * factor;
}

/** How much each input channel of a pointwise layer moves its output: its spread times the norm of the weights that read it. */
function importanceOf(weights: Weights, layer: Layer, spread: Float32Array): Float32Array {
  const folded = foldedWeights(weights, layer);
  return spread.map((deviation, channel) => {
    const row = folded.subarray(channel * layer.outputs, (channel + 1) * layer.outputs);
    return deviation * Math.hypot(...row);
  });
}

function meansByChannel(values: Float32Array, channels: number): Float32Array {
  const means = new Float32Array(channels);
  values.forEach((value, index) => {
    means[index % channels] = (means[index % channels] ?? 0) + (value * channels) / values.length;
  });
  return means;
}

function medianOf(values: Float32Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)] ?? 0;
}
