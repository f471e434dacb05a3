import {
  errorInfo,
  type JobOptions,
  type JobProgress,
  type TrainingEdit,
  type TrainOutcome,
  type TrainReport,
} from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { storeNow } from '../session/storeNow.ts';
import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { log, logError } from '../state/log.ts';
import { useRun } from '../state/run.ts';
import { forgetTraining, type TrainingQuestion, trainingSeen, useTraining } from '../state/training.ts';
import { setCollapsed, setView } from '../state/view.ts';
import { RETRAINED, trainedStage, trainRequest, validationOf } from '../training/trainRequest.ts';
import { outcomeText } from '../training/words.ts';
import { abortJob, quietly, runJob } from './jobs.ts';
import { compareBehind } from './run.ts';
import { refreshStages, showStage } from './stages.ts';

/** The run at hand is looked at about so often while it goes on. */
const LOOK_MS = 250;

/** What a run may be asked for, with its words. */
export async function loadTrainingOptions(): Promise<void> {
  useTraining.setState({ options: await quietly(() => engine().trainingOptions(), []) });
}

/** Trains the stage that was made for it on the open images. */
export async function train(): Promise<void> {
  const { summary, images } = useData.getState();
  if (summary === null) return;
  const { stages } = useRun.getState();
  const { form, validationSet } = useTraining.getState();
  const request = trainRequest(form, { count: summary.count, images }, validationSet, stages);
  useTraining.setState({ run: null, section: 'Progress' });
  await showStage(trainedStage(stages));
  // A run is found again by the pipeline that made its stage: that is kept before the first step.
  await storeNow();
  await go((options) => engine().train(request, options));
}

/** Goes on where the run was paused. */
export async function resumeTraining(): Promise<void> {
  useTraining.setState(({ section }) => ({ section: section === 'Thresholds' ? section : 'Progress' }));
  await go((options) => engine().resumeTraining(options));
}

/** A call that trains: the run is looked at while it goes on, and taken in when it ended. */
async function go(work: (options: JobOptions) => Promise<TrainOutcome>): Promise<void> {
  showTraining();
  useTraining.setState({ error: null, asking: null, restored: false });
  const { generation } = useDocument.getState();
  const ended = await runJob(
    'train',
    'Training',
    async ({ signal, onProgress }) => {
      const look = paced((progress: JobProgress) => {
        onProgress?.(progress);
        return lookAtTraining();
      });
      const outcome = await work({ ...(signal === undefined ? {} : { signal }), onProgress: look });
      await lookAtTraining();
      return outcome;
    },
    (outcome) => outcomeText(outcome, useTraining.getState().run),
  );
  if (useDocument.getState().generation !== generation) return;
  useTraining.setState({ asking: null });
  if (ended.state === 'done') {
    if (ended.value.ended !== 'paused') await trained(ended.value.report);
    return;
  }
  // What was refused or broke may have left a run that waits.
  await lookAtTraining();
  const { run } = useTraining.getState();
  const error = ended.state === 'failed' ? ended.error : null;
  useTraining.setState({ error, ...(run === null ? { section: 'Setup' } : {}) });
}

/** A run that ended: its stage is there and shown. */
async function trained(report: TrainReport): Promise<void> {
  for (const warning of report.warnings) log('warning', warning.text, warning.rule);
  useTraining.setState({ report, section: 'Report' });
  useRun.setState({ retrainedComparison: null });
  await refreshStages('stay');
  const stage = useRun.getState().stages.findLast(({ title }) => title === RETRAINED)?.stage;
  if (stage !== undefined) await showStage(stage);
  if (useDocument.getState().summary?.calibration != null) await compareBehind();
}

export async function lookAtTraining(): Promise<void> {
  const since = useTraining.getState().run?.records.at(-1)?.step ?? 0;
  const { generation } = useDocument.getState();
  const view = await quietly(() => engine().training(since), null);
  if (useDocument.getState().generation === generation) trainingSeen(view);
}

/** Calls `work` at once and then, while it is asked for, not before it has ended and the interval is over. */
function paced<T>(work: (at: T) => Promise<void>): (at: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  let working = false;
  return (at) => {
    if (working || performance.now() - last < LOOK_MS) return;
    working = true;
    last = performance.now();
    void work(at).finally(() => {
      working = false;
    });
  };
}

/** The step at hand is done and the run waits, stored. */
export async function pauseTraining(): Promise<void> {
  useTraining.setState(({ run }) => ({ asking: null, run: run?.state === 'running' ? { ...run, state: 'pausing' } : run }));
  await quietly(() => engine().pauseTraining(), undefined);
}

/** Ends the run, which keeps its best state: a running one answers where it was started. */
export async function stopTraining(): Promise<void> {
  if (useRun.getState().job?.kind === 'train') {
    await quietly(() => engine().stopTraining(), null);
    return;
  }
  useTraining.setState({ asking: null, restored: false });
  await go(async () => {
    const report = await engine().stopTraining();
    return report === null ? { ended: 'paused' } : { ended: 'stopped', report };
  });
}

export function askTraining(asking: TrainingQuestion | null): void {
  if (asking !== null) showTraining();
  useTraining.setState({ asking });
}

/** The answer to the question: the run under way is cancelled, or the waiting one and what is stored of it dropped. */
export async function dropTraining(): Promise<void> {
  const { asking } = useTraining.getState();
  useTraining.setState({ asking: null });
  if (asking === 'cancel') {
    abortJob();
    return;
  }
  await quietly(() => engine().discardTraining(), undefined);
  const { report } = useTraining.getState();
  forgetTraining();
  useTraining.setState({ report });
  log('info', 'The paused training run was discarded.');
}

/** Changes the paused run; what is wrong with it is said beside the threshold. */
export async function editTraining(edit: TrainingEdit): Promise<void> {
  try {
    trainingSeen(await engine().editTraining(edit));
    useTraining.setState({ error: null });
  } catch (thrown) {
    const error = errorInfo(thrown);
    logError(error);
    useTraining.setState({ error });
  }
}

/** Whether a run of this document waits from before a reload: asked when its pipeline has run and its data is open. */
export async function restoreTraining(): Promise<void> {
  const { generation } = useDocument.getState();
  if (useDocument.getState().summary === null || useData.getState().summary === null || useTraining.getState().run !== null) return;
  try {
    const { form, validationSet } = useTraining.getState();
    const view = await engine().restoreTraining(validationOf(form, validationSet) ?? undefined);
    const unreadable = view === null ? await engine().unreadableTraining() : null;
    if (useDocument.getState().generation !== generation) return;
    if (unreadable !== null) {
      logError(unreadable);
      useTraining.setState({ error: unreadable, restored: true });
    }
    if (view === null) return;
    trainingSeen(view);
    useTraining.setState({ restored: true, error: null, section: 'Progress' });
    log('info', `A training run waits at step ${view.step} of ${view.setup.steps}.`);
  } catch (thrown) {
    const error = errorInfo(thrown);
    logError(error);
    if (useDocument.getState().generation === generation) useTraining.setState({ error, restored: true });
  }
}

function showTraining(): void {
  setCollapsed('bottom', false);
  setView({ bottomTab: 'training' });
}
