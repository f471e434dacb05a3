import { withThresholds } from '../evaluate/compareOutputs.ts';
import type { Tensor } from '../formats/tensor.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import type { SourceFile, TrainReport } from '../protocol.ts';
import type { KeptTraining } from './keptTraining.ts';
import type { StageState } from './stage.ts';

/** A training run that ended, with the stage that was trained. */
export interface TrainedRun extends KeptTraining {
  readonly stage: StageState;
}

/**
 * RET12: the variables of the graph that was trained, as training left them: a checkpoint that holds them restores that graph as well as the
 * inference graph. Variables that no file has a value for are left out, for nothing that was trained reads them.
 */
export async function trainedVariables({
  stage,
  variables,
}: Pick<TrainedRun, 'stage' | 'variables'>): Promise<ReadonlyMap<string, Tensor>> {
  const model = withThresholds(stage.model, stage.thresholds);
  const tensors = new Map<string, Tensor>();
  for (const node of model.graph.nodes) {
    if (!isVariable(node)) continue;
    const name = variableName(node);
    const trained = variables.get(name);
    if (trained !== undefined) tensors.set(name, makeTensor('float32', trained.shape, trained.values));
    else if (model.variables.entries.has(name)) tensors.set(name, await model.variables.read(name));
  }
  return tensors;
}

/** RET13: the report as JSON; a signal kept exactly has a ratio of Infinity, which JSON has as text alone. */
export function reportFile(report: TrainReport, name: string): SourceFile {
  const text = JSON.stringify(report, (_, value) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value), 2);
  return { name: `${name}_training.json`, blob: new Blob([`${text}\n`]) };
}
