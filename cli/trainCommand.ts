import type { PinnedTraining, TrainReport } from '../worker/protocol.ts';
import { backendName, reportText } from './graffitizeCommand.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { progressView } from './progress.ts';
import type { TrainArguments } from './trainArguments.ts';
import { dropRun, keepArguments, resumedArguments } from './trainFolder.ts';
import { Interrupt } from './trainInterrupt.ts';
import { writeTrained } from './trainOutputs.ts';
import { trainPlan } from './trainPlan.ts';
import { prepareTraining } from './trainPrepare.ts';
import { pausedText, trainReportText } from './trainText.ts';
import { trainWatched } from './trainWatch.ts';

/**
 * Retrains a network: makes the graph to train, trains it, writes the inference graph that comes of it. Ctrl-C pauses, `--resume` goes on.
 * @param named the arguments that were written, by their names
 * @returns 0, or 130 where it was paused
 */
export async function trainCommand(given: TrainArguments, named: readonly string[]): Promise<number> {
  const plan = await trainPlan(given.resume === true ? await resumedArguments(given, named) : given);
  const { options, folder } = plan;
  const quiet = options.json === true;
  const engine = createNodeEngine({ backend: backendName(options.backend), runFolder: folder.run });
  const interrupt = new Interrupt(() => engine.pauseTraining());
  const progress = progressView(quiet);
  try {
    const job = { onProgress: progress.update, signal: interrupt.signal };
    const { summary, report, request } = await prepareTraining(engine, plan, job);
    progress.end();
    await keepArguments(folder, options);
    const outcome = await trainWatched(engine, request, options.resume === true, { quiet, log: options.log, interrupt });
    if (outcome.ended === 'paused') {
      const view = await engine.training();
      if (view !== null) process.stderr.write(pausedText(view.step, view.setup, folder.results));
      return 130;
    }
    const written = await writeTrained(engine, folder.results, summary.name);
    await engine.discardTraining();
    await dropRun(folder);
    const training = outcome.report;
    warnOtherRun(plan.pinned, training);
    process.stdout.write(
      quiet
        ? `${JSON.stringify({ document: summary, run: report, training, written }, null, 2)}\n`
        : `${reportText(summary, report, [])}\n${trainReportText(training)}${written.map((file) => `wrote ${file}\n`).join('')}`,
    );
    return 0;
  } finally {
    progress.end();
    interrupt.dispose();
    await engine.dispose();
  }
}

/** TRC10: whether a recipe's run came out the same again is told. */
function warnOtherRun(pinned: PinnedTraining | null, { hashes }: TrainReport): void {
  if (pinned === null || pinned.hashes.variables === hashes.variables) return;
  const edited = Object.keys(pinned.bits).length;
  const why = edited === 0 ? '' : ` (of it the bits of ${edited} quantizers were changed by hand)`;
  process.stderr.write(`warning: The variables are not those of the run that the recipe was made of${why}. [TRC10]\n`);
}
