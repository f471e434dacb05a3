import type { RunReport, SourceFile } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { count, duration, plural } from '../format/numbers.ts';
import { documentGrew, useDocument } from '../state/document.ts';
import { log, logError } from '../state/log.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { RETRAINED } from '../training/trainRequest.ts';
import { runJob } from './jobs.ts';
import { refreshStages } from './stages.ts';

/** Images on which float and quantized outputs are compared after a run. */
const COMPARED_IMAGES = 4;

/** Runs every step of the pipeline; `quantize` calibrates as part of it. */
export async function runPipeline(): Promise<void> {
  const { request } = usePipeline.getState();
  if (useDocument.getState().summary === null || request.steps.every((step) => step.bypassed)) return;
  const ended = await runJob('run', 'Running the pipeline', (options) => engine().run(request, options), runSaid);
  if (ended.state === 'cancelled') return;
  if (ended.state === 'failed') {
    useRun.setState({ error: ended.error });
    return;
  }
  const report = ended.value;
  const refused = report.steps.find((step) => step.state === 'refused');
  const calibration = report.steps.find((step) => step.calibration !== undefined)?.calibration ?? null;
  useRun.setState({
    ran: { request, report },
    error: null,
    comparison: null,
    retrainedComparison: null,
    calibration,
    memory: calibration?.peakBytes ?? useRun.getState().memory,
    ...(refused === undefined
      ? {}
      : {
          outcome: { state: 'failed' as const, text: `Stopped before ${refused.transform}: ${refused.error?.cause ?? 'it was refused.'}` },
        }),
  });
  for (const step of report.steps) {
    if (step.error !== undefined) logError(step.error);
    for (const warning of [...step.warnings, ...(step.calibration?.warnings ?? [])])
      log('warning', `${warning.node}: ${warning.text}`, warning.rule);
  }
  await refreshStages('last');
  if (calibration !== null && refused === undefined) await compareBehind();
}

function runSaid(report: RunReport): string {
  const calibration = report.steps.find((step) => step.calibration !== undefined)?.calibration;
  if (calibration === undefined)
    return `Ran ${plural(report.steps.filter((step) => step.state === 'done').length, 'step')} in ${duration(report.ms)}.`;
  return `Calibrated ${count(calibration.quantizers)} quantizers on ${plural(calibration.images, 'image')} in ${duration(calibration.ms)} · ${calibration.backend}`;
}

/** The calibration phase alone, with other data where given. */
export async function calibrate(files: readonly SourceFile[] | null): Promise<void> {
  const ended = await runJob(
    'calibrate',
    'Calibrating',
    (options) => engine().calibrate(files, options),
    (report) =>
      `Calibrated ${count(report.quantizers)} quantizers on ${plural(report.images, 'image')} in ${duration(report.ms)} · ${report.backend}`,
  );
  if (ended.state === 'cancelled') return;
  if (ended.state === 'failed') {
    useRun.setState({ error: ended.error });
    return;
  }
  const calibration = ended.value;
  // The data of this calibration is the document's from now on.
  if (files !== null) documentGrew(await engine().add(files), files);
  useRun.setState(({ ran }) => ({
    calibration,
    error: null,
    comparison: null,
    retrainedComparison: null,
    memory: calibration.peakBytes,
    ran:
      ran === null
        ? null
        : {
            ...ran,
            report: {
              ...ran.report,
              steps: ran.report.steps.map((step) => (step.transform === 'quantize' ? { ...step, calibration } : step)),
            },
          },
  }));
  for (const warning of calibration.warnings) log('warning', `${warning.node}: ${warning.text}`, warning.rule);
  await refreshStages('stay');
  await compareBehind();
}

/** Compares behind another job, whose words stay in the status line. */
export async function compareBehind(): Promise<void> {
  const { outcome } = useRun.getState();
  await compareOutputs();
  if (outcome !== null && useRun.getState().outcome?.state === 'done') useRun.setState({ outcome });
}

/** Float against quantized outputs on some calibration images; after training against those of what it made. */
export async function compareOutputs(): Promise<void> {
  const { generation } = useDocument.getState();
  const retrained = useRun.getState().stages.at(-1)?.title === RETRAINED;
  const ended = await runJob(
    'compare',
    'Comparing outputs',
    (options) => engine().compareOutputs(COMPARED_IMAGES, options),
    ({ images, agreement }) =>
      `Compared float and ${retrained ? 'retrained' : 'quantized'} outputs on ${plural(images, 'image')}: top-1 agrees on ${Math.round(agreement * images)}.`,
  );
  if (ended.state !== 'done' || useDocument.getState().generation !== generation) return;
  useRun.setState(retrained ? { retrainedComparison: ended.value } : { comparison: ended.value });
}
