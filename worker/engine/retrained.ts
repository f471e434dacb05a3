import { GraffitistError } from '../errors.ts';
import type { Model } from '../graph/model.ts';
import type { RunRequest } from '../protocol.ts';
import type { VariableValues } from '../train/types.ts';
import type { StageState } from './stage.ts';

/** A run that was trained, and what training found. */
export interface Retrained {
  readonly opened: Model;
  readonly request: RunRequest;
  readonly stages: readonly StageState[];
  /** Number of the stage that was trained, as the protocol counts them: 0 is the graph as opened. */
  readonly trained: number;
  /** Weights, thresholds (log2 t) and moving statistics by variable. */
  readonly variables: VariableValues;
  /** Bits of quantizers that were changed while it was trained, by quantizer. */
  readonly bits: ReadonlyMap<string, number>;
  readonly textOf: (fileName: string) => Promise<string>;
}

/**
 * The stage `retrained`: recipe 3c from the last stage before batch norms were folded on, with the trained values in the place of its
 * variables and the trained thresholds in its quantizers.
 */
export async function retrainedStage(_run: Retrained): Promise<StageState> {
  throw new GraffitistError('internal', 'Training is not there yet.');
}
