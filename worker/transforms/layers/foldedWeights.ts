import type { BiasedLayer } from './biasedLayers.ts';
import type { ChannelLayout } from './channels.ts';
import type { ParameterEdits } from './parameterEdits.ts';

/** A layer with how its weights lie. */
export interface LaidOutLayer extends BiasedLayer {
  readonly layout: ChannelLayout;
}

/**
 * The weights of a layer as they are quantized: times k = γ / √(variance + ε) where a batch norm is folded into them, rounded to float32 at
 * every step as the graph's nodes round.
 */
export function foldedWeights({ weights, norm, layout }: LaidOutLayer, edits: ParameterEdits): Float32Array {
  const { fround } = Math;
  const values = edits.read(weights)?.values ?? new Float32Array(0);
  if (norm === null) return values;
  const variance = edits.read(norm.variance)?.values ?? new Float32Array(0);
  const gamma = norm.gamma === null ? undefined : edits.read(norm.gamma)?.values;
  const epsilon = fround(norm.epsilon);
  const k = Float32Array.from(variance, (value, channel) => {
    const inverse = fround(1 / fround(Math.sqrt(fround(value + epsilon))));
    return gamma === undefined ? inverse : inverse * (gamma[channel] as number);
  });
  return values.map((value, index) => value * (k[layout.outputOf(index)] as number));
}
