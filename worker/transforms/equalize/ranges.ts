import type { ChannelLayout } from '../layers/channels.ts';

/** The largest weight between every input and every output channel of a layer: all that equalization needs to know of it. */
export class WeightRanges {
  readonly #largest: Float64Array;
  readonly #inputs: number;
  readonly #outputs: number;
  /** Depthwise: an output channel reads one input channel, and only pairs of those are kept. */
  readonly #multiplier: number | null;

  /** @param weights as they are quantized */
  constructor(weights: Float32Array, layout: ChannelLayout, depthwise: boolean) {
    this.#inputs = layout.inputs;
    this.#outputs = layout.outputs;
    this.#multiplier = depthwise ? layout.outputs / layout.inputs : null;
    this.#largest = new Float64Array(depthwise ? layout.outputs : layout.inputs * layout.outputs);
    weights.forEach((weight, index) => {
      const output = layout.outputOf(index);
      const at = depthwise ? output : layout.inputOf(index) * layout.outputs + output;
      const size = Math.abs(weight);
      if (size > (this.#largest[at] ?? 0)) this.#largest[at] = size;
    });
  }

  /** The largest weight of each output channel. */
  ofOutputs(): Float64Array {
    return this.#maxima(this.#outputs, (_, output) => output);
  }

  /** The largest weight that each input channel is multiplied by. */
  ofInputs(): Float64Array {
    return this.#maxima(this.#inputs, (input) => input);
  }

  scaleOutputs(factors: Float64Array): void {
    this.#scale((_, output) => factors[output] ?? 1);
  }

  scaleInputs(factors: Float64Array): void {
    this.#scale((input) => factors[input] ?? 1);
  }

  #maxima(channels: number, channelOf: (input: number, output: number) => number): Float64Array {
    const maxima = new Float64Array(channels);
    this.#largest.forEach((size, at) => {
      const channel = channelOf(...this.#channels(at));
      if (size > (maxima[channel] ?? 0)) maxima[channel] = size;
    });
    return maxima;
  }

  #scale(factorOf: (input: number, output: number) => number): void {
    for (let at = 0; at < this.#largest.length; at++) {
      this.#largest[at] = (this.#largest[at] ?? 0) * factorOf(...this.#channels(at));
    }
  }

  #channels(at: number): readonly [input: number, output: number] {
    if (this.#multiplier !== null) return [Math.floor(at / this.#multiplier), at];
    return [Math.floor(at / this.#outputs), at % this.#outputs];
  }
}

/** A layer and the layers that read its channels; each names its ranges. */
export interface Pair {
  readonly producer: WeightRanges;
  readonly consumers: readonly WeightRanges[];
}

/** Passes over all pairs; the paper's networks settle within ten. */
const PASSES = 60;
/** Largest relative change of a scale in a pass at which they have settled. */
const SETTLED = 1e-4;

/**
 * Cross-layer equalization (Nagel et al., arXiv 1906.04721, eq. 8 to 11): s = √(r₁ / r₂) per channel, r₁ the largest weight that makes it,
 * r₂ the largest that reads it; divided by s on the one side and multiplied on the other both are √(r₁r₂). Pairs share layers, so they take
 * turns until no scale moves any more. A channel that nothing makes or nothing reads keeps its scale.
 *
 * @param pairs their ranges are scaled
 * @returns per pair, the scale that each channel is divided by
 */
export function equalizingScales(pairs: readonly Pair[]): readonly Float64Array[] {
  const total = pairs.map(({ producer }) => new Float64Array(producer.ofOutputs().length).fill(1));
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = 0;
    pairs.forEach(({ producer, consumers }, index) => {
      const made = producer.ofOutputs();
      const read = consumers.map((consumer) => consumer.ofInputs());
      const scales = made.map((range, channel) => {
        const reading = Math.max(...read.map((ranges) => ranges[channel] ?? 0));
        return range > 0 && reading > 0 ? Math.sqrt(range / reading) : 1;
      });
      producer.scaleOutputs(scales.map((scale) => 1 / scale));
      for (const consumer of consumers) consumer.scaleInputs(scales);
      moved = scales.reduce((most, scale) => Math.max(most, Math.abs(Math.log(scale))), moved);
      const own = total[index];
      scales.forEach((scale, channel) => {
        if (own !== undefined) own[channel] = (own[channel] ?? 1) * scale;
      });
    });
    if (moved < SETTLED) break;
  }
  return total;
}
