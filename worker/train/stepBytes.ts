import { type Graph, parseEdge } from '../graph/graph.ts';
import { ancestors, descendants } from '../graph/reach.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import type { TrainingOptions } from './options.ts';

/** What the values of one part may take, by the estimate of `bytesPerImage`, whatever the device: numbers must not depend on it. */
const BUDGET_BYTES = 256 * 2 ** 20;

/** What of a network tells how large its steps are. */
export interface StepShape {
  readonly input: string;
  /** Of an image, without batch. */
  readonly shape: readonly number[];
  readonly logits: string;
}

/**
 * TRN23: bytes that a training step with frozen batch norms holds per image, at most: everything that is computed from the image on the
 * way to the logits, as float32. Half of it and more is kept until the way back.
 * @throws GraffitistError `shape-mismatch`, `node-malformed`
 */
export function bytesPerImage(graph: Graph, { input, shape, logits }: StepShape): number {
  const frozen = withMovingStatistics(graph);
  const needed = ancestors(frozen, [parseEdge(logits).node], [input]);
  const computed = descendants(frozen, [input]);
  const shapes = inferShapes(frozen, new Map([[input, [1, ...shape]]]));
  let elements = 0;
  for (const [name, outputs] of shapes) {
    const [first] = outputs;
    if (first != null && needed.has(name) && computed.has(name)) elements += first.reduce((product, size) => product * Math.abs(size), 1);
  }
  return 4 * elements;
}

/**
 * TRN23: parts that a batch is cut into: those of the options, doubled as long as one would be too large.
 * @returns may be more than there are images: then each is a part of its own
 */
export function partsOf({ batchSize, microBatches }: TrainingOptions, imageBytes: number): number {
  let parts = microBatches;
  while (parts < batchSize && Math.ceil(batchSize / parts) * imageBytes > BUDGET_BYTES) parts *= 2;
  return Math.min(parts, batchSize);
}
