import type { DataSummary, GraphForm, RunRequest, StepReport } from '../../worker/protocol.ts';
import { type Ran, settledStates } from '../pipeline/stepState.ts';
import type { TrainingForm } from '../state/training.ts';

/** What keeps a run from starting, each with its way out in the Training tab. */
export type TrainingFault =
  /** The file that was opened is quantized already. */
  | 'quantized'
  /** The pipeline makes no graph that thresholds can be trained in. */
  | 'not-training'
  /** Float weights are to be trained, and the pipeline quantizes. */
  | 'not-float'
  | 'pipeline-faults'
  | 'not-run'
  | 'not-calibrated'
  | 'no-data'
  | 'no-labels'
  /** A set of its own is to be validated on, and none is chosen. */
  | 'no-validation';

interface Situation {
  readonly form: GraphForm;
  readonly request: RunRequest;
  readonly ran: Ran | null;
  /** The pipeline has faults of order. */
  readonly faulty: boolean;
  readonly data: Pick<DataSummary, 'labels'> | null;
  readonly training: Pick<TrainingForm, 'mode' | 'targets' | 'validates'>;
  /** A set of its own for validation is chosen. */
  readonly validationSet: boolean;
}

/** What is missing, in the order in which it is mended; empty: a run can start. */
export function trainingFaults({ form, request, ran, faulty, data, training, validationSet }: Situation): readonly TrainingFault[] {
  if (form === 'quantized') return ['quantized'];
  const faults: TrainingFault[] = [];
  const quantize = request.steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  if (training.mode === 'float') {
    if (quantize !== undefined) faults.push('not-float');
  } else if (quantize?.options.is_training !== true) faults.push('not-training');
  if (faults.length === 0) {
    if (faulty) faults.push('pipeline-faults');
    else faults.push(...runFaults(request, ran, quantize?.id));
  }
  if (data === null) faults.push('no-data');
  else if (data.labels === null && training.targets === 'labels') faults.push('no-labels');
  if (training.validates === 'set' && !validationSet) faults.push('no-validation');
  return faults;
}

function runFaults(request: RunRequest, ran: Ran | null, quantize: string | undefined): readonly TrainingFault[] {
  const states = settledStates(request, ran);
  const settled = (id: string): StepReport | null => {
    const state = states.get(id);
    return state?.kind === 'done' ? state.report : null;
  };
  const active = request.steps.filter(({ bypassed }) => !bypassed);
  if (active.some(({ id }) => settled(id) === null)) return ['not-run'];
  if (quantize === undefined) return [];
  const loads = active.find(({ id }) => id === quantize)?.options.calibrate_quant_layers === false;
  return loads || settled(quantize)?.calibration !== undefined ? [] : ['not-calibrated'];
}
