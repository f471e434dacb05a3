/** Runs that stop after a step, and what is stored of them. */
import type { LocalEngine } from '../../../../worker/engine.ts';
import type { TrainOutcome, TrainRequest } from '../../../../worker/protocol.ts';
import { type MemoryFiles, trainRequest } from './sample.ts';

/** Trains until `step` is done, then pauses. */
export async function trainTo(
  engine: LocalEngine,
  step: number,
  how: 'resume' | TrainRequest = trainRequest(),
): Promise<TrainOutcome['ended']> {
  const onProgress = ({ phase, done }: { readonly phase: string; readonly done: number }): void => {
    if (phase === 'train' && done === step) void engine.pauseTraining();
  };
  const outcome = await (how === 'resume' ? engine.resumeTraining({ onProgress }) : engine.train(how, { onProgress }));
  return outcome.ended;
}

interface Header {
  readonly generation: number;
  readonly state: number;
}

function headerOf(bytes: Uint8Array): Header {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length))) as Header;
}

/** The part of a stored run that is its state: it holds no times. */
function stateOf(bytes: Uint8Array): Uint8Array {
  return bytes.slice(-4 - headerOf(bytes).state, -4);
}

/** Steps that a stored run has done. */
export function stepOf(bytes: Uint8Array): number {
  const state = stateOf(bytes);
  const length = new DataView(state.buffer).getUint32(8, true);
  return (JSON.parse(new TextDecoder().decode(state.subarray(12, 12 + length))) as { readonly step: number }).step;
}

/** The newest generation. */
export function newest({ files }: MemoryFiles): { readonly name: string; readonly bytes: Uint8Array; readonly state: Uint8Array } {
  const [last] = [...files].sort(([, a], [, b]) => headerOf(b).generation - headerOf(a).generation);
  if (last === undefined) throw new Error('Nothing is stored.');
  return { name: last[0], bytes: last[1], state: stateOf(last[1]) };
}
