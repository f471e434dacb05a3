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

/** A layer and the layers that read its channels. */
export interface Pair {
  readonly producer: WeightRanges;
  readonly consumers: readonly WeightRanges[];
  /** How large the producer's outputs get, per channel: what its activation and its accumulator have to hold. */
  readonly sizes: Float64Array;
}

/** Passes over all pairs; the paper's networks settle within ten. */
const PASSES = 60;
/** Largest relative change of a scale in a pass at which they have settled. */
const SETTLED = 1e-4;
/** How much larger than the median channel a channel may become: 3 of the 8 bits of an activation. */
const LIMIT = 8;

/**
 * Cross-layer equalization (Nagel et al., arXiv 1906.04721, eq. 8 to 11): s = √(r₁ / r₂) per channel, r₁ the largest weight that makes it,
 * r₂ the largest that reads it; divided by s on the one side and multiplied on the other both are √(r₁r₂). Pairs share layers, so they take
 * turns until no scale moves any more. A channel that nothing makes or nothing reads keeps its scale.
 *
 * Not in the paper: a channel is not blown up beyond `LIMIT` times the median of its tensor. Trained networks have channels whose weights
 * are all but 0 and whose value is a constant: equalized, one of these takes the whole range of the activation.
 *
 * @param pairs their ranges are scaled
 * @returns per pair, the scale that each channel is divided by
 */
export function equalizingScales(pairs: readonly Pair[]): readonly Float64Array[] {
  const totals: Float64Array[] = pairs.map(({ sizes }) => new Float64Array(sizes.length).fill(1));
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = 0;
    for (const [index, pair] of pairs.entries()) {
      const before = totals[index] ?? new Float64Array(0);
      const wanted = wantedScales(pair);
      const total = limited(
        before.map((scale, channel) => scale * (wanted[channel] ?? 1)),
        pair.sizes,
      );
      const scales = total.map((scale, channel) => scale / (before[channel] ?? 1));
      pair.producer.scaleOutputs(scales.map((scale) => 1 / scale));
      for (const consumer of pair.consumers) consumer.scaleInputs(scales);
      moved = scales.reduce((most, scale) => Math.max(most, Math.abs(Math.log(scale))), moved);
      totals[index] = total;
    }
    if (moved < SETTLED) break;
  }
  return totals;
}

function wantedScales({ producer, consumers }: Pair): Float64Array {
  const read = consumers.map((consumer) => consumer.ofInputs());
  return producer.ofOutputs().map((made, channel) => {
    const reading = Math.max(...read.map((ranges) => ranges[channel] ?? 0));
    return made > 0 && reading > 0 ? Math.sqrt(made / reading) : 1;
  });
}

/** Scales at which no channel is larger than `LIMIT` times the median. */
function limited(scales: Float64Array, sizes: Float64Array): Float64Array {
  const scaled = sizes.map((size, channel) => size / (scales[channel] ?? 1)).filter((size) => size > 0);
  const median = scaled.sort()[Math.floor(scaled.length / 2)];
  if (median === undefined) return scales;
  return scales.map((scale, channel) => Math.max(scale, (sizes[channel] ?? 0) / (LIMIT * median)));
}
