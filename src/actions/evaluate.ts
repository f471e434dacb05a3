import { confusionCsv, type NetworkRef, toCsv, toJson, type ValidateRequest } from '../../worker/protocol.ts';
import { verdict } from '../data/sentences.ts';
import { engine } from '../engine/client.ts';
import { type Comparison, type NetworkChoice, NO_COMPARISON, useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { log } from '../state/log.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { setView } from '../state/view.ts';
import { saveFile } from './download.ts';
import { runJob } from './jobs.ts';

/** Runs the chosen networks over the images of the open set. */
export async function evaluate(): Promise<void> {
  const { summary, images, compare, generation } = useData.getState();
  if (summary === null) return;
  const request: ValidateRequest = {
    networks: networksOf(compare, useRun.getState().stages.at(-1)?.stage ?? 0),
    images,
    interface: usePipeline.getState().request.interface,
    ...(compare.limit === null || compare.limit >= summary.count ? {} : { limit: compare.limit }),
  };
  const ended = await runJob('evaluate', 'Evaluating', (options) => engine().validate(request, options), verdict);
  if (useData.getState().generation !== generation || ended.state === 'cancelled') return;
  setView({ bottomTab: 'data' });
  const section = (current: string): 'Accuracy' | undefined => (current === 'Set' ? 'Accuracy' : undefined);
  if (ended.state === 'failed') {
    useData.setState((state) => ({ evaluationError: ended.error, section: section(state.section) ?? state.section }));
    return;
  }
  for (const { name, error } of ended.value.leftOut.first) log('warning', `${name}: ${error.cause}`, error.code);
  for (const warning of ended.value.warnings) log('warning', warning.text, warning.rule);
  useData.setState((state) => ({
    evaluation: ended.value,
    stale: false,
    evaluationError: null,
    section: section(state.section) ?? state.section,
  }));
}

/** The networks of a choice: the graph as opened against the last stage where nothing else was chosen. */
export function networksOf({ first, second }: Comparison, last: number): ValidateRequest['networks'] {
  const left = first ?? { kind: 'stage', stage: 0 };
  const right = second ?? (last > 0 ? { kind: 'stage', stage: last } : 'none');
  if (right === 'none' || isSame(left, right)) return [refOf(left, last)];
  return [refOf(left, last), refOf(right, last)];
}

function refOf(choice: NetworkChoice, last: number): NetworkRef {
  return choice.kind === 'stage' ? { kind: 'stage', stage: Math.min(choice.stage, last) } : { kind: 'files', files: choice.files };
}

function isSame(a: NetworkChoice, b: NetworkChoice): boolean {
  return a.kind === 'stage' && b.kind === 'stage' && a.stage === b.stage;
}

/** Saves an evaluation: all of it as JSON or as tables, or the confusion matrices. */
export function saveEvaluation(form: 'csv' | 'json' | 'confusion'): void {
  const { evaluation } = useData.getState();
  if (evaluation === null) return;
  const name = useDocument.getState().summary?.name ?? 'network';
  if (form === 'json') saveText(`${name}-evaluation.json`, toJson(evaluation));
  else if (form === 'csv') saveText(`${name}-evaluation.csv`, toCsv(evaluation));
  else saveText(`${name}-confusion.csv`, confusionCsv(evaluation));
}

function saveText(name: string, text: string): void {
  saveFile({ name, blob: new Blob([text]) });
}

/** What ran again since makes the numbers those of other networks. */
export function watchEvaluation(): void {
  useRun.subscribe((state, before) => {
    if (state.ran === before.ran && state.calibration === before.calibration) return;
    useData.setState(({ evaluation }) => ({ stale: evaluation !== null }));
  });
  useDocument.subscribe((state, before) => {
    if (state.generation === before.generation) return;
    useData.setState({ evaluation: null, stale: false, evaluationError: null, checked: null, compare: NO_COMPARISON });
  });
}
