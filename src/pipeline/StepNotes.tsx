import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { CalibrationReport, StepReport, Warning } from '../../worker/protocol.ts';
import { showStage } from '../actions/stages.ts';
import { useCommand } from '../commands/useCommand.ts';
import { bytes, count, duration, plural, real } from '../format/numbers.ts';
import { setOption, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { showNode, touch } from '../state/selection.ts';
import { LeftAlone } from '../ui/LeftAlone.tsx';
import { RetrainOffer } from './RetrainOffer.tsx';

/** Rows that are shown before "show all"; a strip step may have thousands. */
const SHOWN_ROWS = 100;

/** KL-J clips much of a tensor: MAX for that quantizer is the way out. */
const CLIPPING_RULE = 'CAL7';

/** Static quantization will lose most of the accuracy in depthwise layers: retraining is the way out. */
const RETRAIN_RULE = 'QNT33';

/** What the rewrite and the calibration of a step warn of. */
export function stepWarnings(report: StepReport): readonly Warning[] {
  return [...report.warnings, ...(report.calibration?.warnings ?? [])];
}

/** Puts quantizers on the step's list of those whose threshold is the largest value; the next run finds them so. */
function takeMaximum(step: string, quantizers: readonly string[]): void {
  const chosen = usePipeline.getState().request.steps.find(({ id }) => id === step)?.options.max_thresholds;
  const before = Array.isArray(chosen) ? chosen.map(String) : [];
  setOption(step, 'max_thresholds', [...new Set([...before, ...quantizers])]);
}

/** What a step did: changes, what it left alone and why, warnings, and its calibration. */
export function StepNotes({ report }: { report: StepReport }) {
  const open = async (node: string): Promise<void> => {
    const stage = useRun.getState().stages.find((info) => info.step === report.id)?.stage;
    if (stage !== undefined) await showStage(stage);
    showNode(node);
  };
  const warnings = stepWarnings(report);
  const clipping = warnings.filter((warning) => warning.rule === CLIPPING_RULE).map((warning) => warning.node);
  return (
    <div className="step-notes">
      {report.calibration !== undefined && <Calibration report={report.calibration} />}
      <Disclosure title={plural(report.skipped.length, 'left alone', 'left alone')} rows={report.skipped.length} tone="warn" startOpen>
        {(index) => {
          const skip = report.skipped[index];
          return skip && <LeftAlone key={`${skip.rule} ${skip.node}`} skip={skip} onOpen={(node) => void open(node)} />;
        }}
      </Disclosure>
      <Disclosure title={plural(warnings.length, 'warning')} rows={warnings.length} tone="warn">
        {(index) => {
          const warning = warnings[index];
          return (
            warning && (
              <Row key={`${warning.rule} ${warning.node}`} node={warning.node === '' ? null : warning.node} onOpen={open}>
                <span className="mono">{warning.node}</span> {warning.text}
              </Row>
            )
          );
        }}
      </Disclosure>
      {warnings.some((warning) => warning.rule === RETRAIN_RULE) && <RetrainOffer />}
      {clipping.length > 0 && (
        <button type="button" className="button small step-offer" onClick={() => takeMaximum(report.id, clipping)}>
          Take MAX for {clipping.length === 1 ? 'it' : `all ${clipping.length}`}
        </button>
      )}
      <Disclosure title={plural(report.changes.length, 'change')} rows={report.changes.length}>
        {(index) => {
          const change = report.changes[index];
          return (
            change && (
              <Row key={`${change.rule} ${change.summary}`} node={change.after[0] ?? null} nodes={change.after} onOpen={open}>
                {change.summary} <span className="rule">{change.rule}</span>
              </Row>
            )
          );
        }}
      </Disclosure>
      <p className="muted step-facts">
        {count(report.nodesBefore)} → {count(report.nodesAfter)} nodes · {duration(report.ms)}
      </p>
    </div>
  );
}

function Calibration({ report }: { report: CalibrationReport }) {
  const again = useCommand('calibrate-other');
  return (
    <div className="calibration">
      <p className="muted">
        {plural(report.quantizers, 'quantizer')} on {plural(report.images, 'image')} in {duration(report.ms)} (search{' '}
        {duration(report.searchMs)}) · {report.backend} ·{' '}
        {report.recomputed === 0 ? 'no tensor computed twice' : `${plural(report.recomputed, 'tensor')} computed again`} · peak{' '}
        {bytes(report.peakBytes)}
      </p>
      {report.search !== undefined && <p className="muted">{searchText(report.search)}</p>}
      {report.inexact.length > 0 && (
        <p className="warn">
          Sums reach 2²⁴ in {report.inexact.length <= 3 ? report.inexact.join(', ') : plural(report.inexact.length, 'layer')}: the last bit
          may depend on the backend.
        </p>
      )}
      <button type="button" className="button small" disabled={!again.enabled} onClick={again.run}>
        Calibrate with other data…
      </button>
    </div>
  );
}

/** SRCH6 */
function searchText({ moved, of, before, after, tried, rounds }: NonNullable<CalibrationReport['search']>): string {
  const cost = `${plural(tried, 'candidate')} in ${plural(rounds, 'round')}`;
  return `Search moved ${count(moved)} of ${plural(of, 'weight threshold')}: distance of the answers ${real(before)} → ${real(after)} · ${cost}`;
}

interface DisclosureProps {
  readonly title: string;
  readonly rows: number;
  readonly tone?: 'warn';
  readonly startOpen?: boolean;
  readonly children: (index: number) => ReactNode;
}

function Disclosure({ title, rows, tone, startOpen = false, children }: DisclosureProps) {
  const [open, setOpen] = useState(startOpen);
  const [all, setAll] = useState(false);
  if (rows === 0) return null;
  const shown = all ? rows : Math.min(rows, SHOWN_ROWS);
  return (
    <div className="disclosure">
      <button
        type="button"
        className={tone === 'warn' ? 'disclosure-title warn' : 'disclosure-title'}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <ChevronRight aria-hidden /> {title}
      </button>
      {open && (
        <ul className="disclosure-rows">
          {Array.from({ length: shown }, (_, index) => children(index))}
          {shown < rows && (
            <li className="disclosure-more">
              <button type="button" className="link" onClick={() => setAll(true)}>
                Show all {count(rows)}
              </button>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

interface RowProps {
  readonly node: string | null;
  readonly nodes?: readonly string[];
  readonly onOpen: (node: string) => Promise<void>;
  readonly children: ReactNode;
}

function Row({ node, nodes, onOpen, children }: RowProps) {
  if (node === null) return <li className="note-row">{children}</li>;
  return (
    <li>
      <button
        type="button"
        className="note-row"
        onPointerEnter={() => touch(nodes ?? [node])}
        onPointerLeave={() => touch(null)}
        onClick={() => void onOpen(node)}
      >
        {children}
      </button>
    </li>
  );
}
