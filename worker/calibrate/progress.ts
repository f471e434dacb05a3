import type { Shape } from '../formats/tensor.ts';
import type { JobOptions, JobProgress } from '../protocol.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/** Where a sweep stands: so many images of one stage. */
export interface SweepPosition {
  readonly phase: JobProgress['phase'];
  readonly stage: number;
  readonly images: number;
  readonly bytes: number;
}

/**
 * Progress of a sweep: `done` of `total` quantizers. The time left is estimated from elements, because layers differ a thousandfold.
 * @param shapes static shapes by node, for the estimate
 */
export function sweepProgress(
  job: JobOptions,
  quantizers: readonly Quantizer[],
  images: number,
  shapes: ReadonlyMap<string, readonly Shape[]>,
): (position: SweepPosition) => void {
  const started = performance.now();
  const weights = quantizers.map(({ source }) => elements(shapes.get(source)?.[0]));
  const before = [0];
  for (const weight of weights) before.push((before.at(-1) ?? 0) + weight);
  const whole = before.at(-1) ?? 0;
  return ({ phase, stage, images: done, bytes }) => {
    const part = (before[stage] ?? whole) + ((weights[stage] ?? 0) * done) / Math.max(1, images);
    const elapsed = performance.now() - started;
    job.onProgress?.({
      phase,
      done: stage,
      total: quantizers.length,
      etaMs: part > 0 ? Math.max(0, (elapsed * (whole - part)) / part) : null,
      layer: quantizers[stage]?.source ?? null,
      bytes,
    });
  };
}

function elements(shape: Shape | undefined): number {
  return shape == null ? 1 : shape.reduce((product, size) => product * Math.max(1, size), 1);
}
