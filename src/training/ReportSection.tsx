import { Download } from 'lucide-react';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { DataWarnings } from '../data/SetNotes.tsx';
import { rateText } from '../data/sentences.ts';
import { bytes, count, duration, plural } from '../format/numbers.ts';
import { useTraining } from '../state/training.ts';
import { ThresholdList } from './ThresholdList.tsx';
import { useReportRows, useSelectedPlace } from './useThresholdRows.ts';
import { MODE_WORDS, scoreWord, statisticsText, TARGET_WORDS } from './words.ts';

/** What the run came to: accuracy before and after, thresholds before and after, what it took, and the files. */
export function ReportSection() {
  const report = useTraining((state) => state.report);
  const rows = useReportRows();
  const selected = useSelectedPlace(rows);
  if (report === null) return null;
  return (
    <div className="training-report">
      <section className="data-column" aria-labelledby="training-accuracy">
        <h3 id="training-accuracy" className="data-title">
          {scoreWord(report.score)} on {plural(report.accuracy.retrained.of, 'image')}
        </h3>
        <Scores />
        <DataWarnings warnings={report.warnings} />
        <Downloads />
      </section>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="data-column narrow" aria-label="The run" tabIndex={0}>
        <Facts />
      </section>
      <div className="training-list">
        <ThresholdList rows={rows} selected={selected} before />
      </div>
    </div>
  );
}

function Scores() {
  const report = useTraining((state) => state.report);
  if (report === null) return null;
  const { float, calibrated, retrained } = report.accuracy;
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">Network</th>
          <th scope="col" className="right">
            {scoreWord(report.score)} (95 %)
          </th>
        </tr>
      </thead>
      <tbody>
        {float !== null && <Score name="float" text={rateText(float)} />}
        <Score name="calibrated" text={rateText(calibrated)} />
        {report.statistics !== undefined && <Score name="statistics measured" text={rateText(report.statistics.begun)} />}
        <Score name="retrained" text={rateText(retrained)} />
      </tbody>
    </table>
  );
}

function Score({ name, text }: { name: string; text: string }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="right">{text}</td>
    </tr>
  );
}

function Facts() {
  const report = useTraining((state) => state.report);
  if (report === null) return null;
  const { steps, bestStep, options, images, backend, microBatches, msPerStep, peakBytes, hashes, thresholds, statistics } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Trained', MODE_WORDS[options.mode]],
    ['Target', TARGET_WORDS[options.targets]],
    ['Steps', `${count(steps)}, best ${count(bestStep)}`],
    ['Batch', `${count(options.batchSize)} in ${plural(microBatches, 'part')}`],
    ['Images', `${count(images.training)} and ${count(images.validation)} to validate`],
    ...(statistics === undefined ? [] : [['Statistics', statisticsText(statistics)] as const]),
    ['Step', duration(msPerStep)],
    ['Memory', bytes(peakBytes)],
    ['Backend', backend],
    ['Seed', String(options.seed)],
    ['Moved', `${count(thresholds.filter(({ deviation }) => deviation !== 0).length)} of ${plural(thresholds.length, 'threshold')}`],
    ['Model', hashes.model.slice(0, 12)],
    ['Variables', hashes.variables.slice(0, 12)],
  ];
  return (
    <dl className="fact-list training-facts">
      {facts.map(([name, text]) => (
        <Fact key={name} name={name} text={text} />
      ))}
    </dl>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

const DOWNLOADS: readonly (readonly [CommandId, string])[] = [
  ['download-frozen', '.pb'],
  ['download-graffitist', 'Graffitist form'],
  ['download-checkpoint', 'Checkpoint'],
  ['download-zip', 'All as .zip'],
  ['download-training-report', 'Report'],
];

function Downloads() {
  return (
    <p className="data-actions">
      {DOWNLOADS.map(([id, words]) => (
        <Save key={id} id={id} words={words} />
      ))}
    </p>
  );
}

function Save({ id, words }: { id: CommandId; words: string }) {
  const { enabled, title, run } = useCommand(id);
  return (
    <button type="button" className="button small" title={title} disabled={!enabled} onClick={run}>
      <Download aria-hidden />
      {words}
    </button>
  );
}
