import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { referenceBackend } from '../../../worker/execute/backends/reference.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { readNpz } from '../../npz.ts';
import { hasShared, shared } from '../../shared.ts';
import { quantizedModel, recordedThresholds } from '../calibrate/calibrated.ts';
import { variablesOf } from '../floatRun.ts';
import { caseFile, microCases, readArguments } from '../runCase.ts';

/** Small training graphs with recorded outputs and gradients for frozen and unfrozen batch norms. */
export const trainedCases = (hasShared ? microCases() : []).filter((name) => /^bn_train_.*__train/.test(name));

/** Backends whose kernels compute in float32. */
export const FLOAT32 = { wasm: () => createBackend('wasm'), reference: async () => referenceBackend('float32') };

/** A case as our transforms make it, with its recorded thresholds, the name of its input and output, and what was fed. */
export async function trainedCase(name: string) {
  const folder = `cases/micro/${name}`;
  const { args } = caseFile(folder);
  const thresholds = new Map(Object.entries(recordedThresholds(folder, 'expected_thresholds.json')));
  const model = withThresholds(await quantizedModel(folder, args, await variablesOf(folder)), thresholds);
  const { inputs, outputs } = readArguments(args);
  const images = readNpz(shared(folder, 'expected_io.npz')).get('x0') as Tensor;
  return { model, thresholds, input: inputs[0] ?? '', output: outputs[0] ?? '', images };
}

/** What TensorFlow gave: `R` of the loss Σ y · R, and by run its output `y` and gradients. */
export function recordedRuns(name: string): ReadonlyMap<string, Tensor> {
  return readNpz(shared('cases/micro', name, 'expected_grads.npz'));
}
