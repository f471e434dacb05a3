import { Ban, Check, CircleAlert, Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type KeyboardEvent, useEffect, useState } from 'react';
import type { ErrorInfo, PipelineStep, StepReport } from '../../worker/protocol.ts';
import { mend } from '../actions/pipeline.ts';
import { keysLabel } from '../commands/keys.ts';
import { count } from '../format/numbers.ts';
import { useDrag } from '../state/drag.ts';
import { moveStep, removeStep, toggleBypass, usePipeline } from '../state/pipeline.ts';
import { touch } from '../state/selection.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { startDrag } from './dragStep.ts';
import { faultQuestion } from './faultText.ts';
import { focusCard } from './focusCard.ts';
import { Int4Note } from './Int4Note.tsx';
import { Offers } from './Offers.tsx';
import { OptionForm } from './OptionForm.tsx';
import { StepNotes, stepWarnings } from './StepNotes.tsx';
import type { StepState } from './stepState.ts';

interface Props {
  readonly step: PipelineStep;
  readonly index: number;
  readonly count: number;
  readonly state: StepState;
}

/** One transform of the pipeline: its place, state, count of changes; opened, its form and what it did. */
export function StepCard({ step, index, count: total, state }: Props) {
  const [open, setOpen] = useState(false);
  const fault = usePipeline((pipeline) => pipeline.faults.find((found) => found.step === step.id));
  const dragged = useDrag(({ drag }) => drag?.source.kind === 'card' && drag.source.id === step.id);
  const report = state.kind === 'done' || state.kind === 'refused' ? state.report : null;
  const refused = state.kind === 'refused';
  useEffect(() => {
    if (refused) setOpen(true);
  }, [refused]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      moveBy(step.id, index, event.key === 'ArrowUp' ? -1 : 1, total);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      remove(step.id);
    }
  };
  const changedNodes = report?.changes.flatMap((change) => change.after) ?? [];

  return (
    <li
      className={`card ${state.kind === 'refused' && isOffer(state.error) ? 'faulty' : state.kind}${open ? ' open' : ''}${dragged ? ' dragged' : ''}${fault === undefined ? '' : ' faulty'}`}
      data-step={step.id}
      data-transform={step.transform}
      data-state={state.kind}
      onPointerEnter={() => changedNodes.length > 0 && touch(changedNodes)}
      onPointerLeave={() => changedNodes.length > 0 && touch(null)}
    >
      <div className="card-head">
        <button
          type="button"
          className="card-name"
          aria-expanded={open}
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Delete"
          onPointerDown={(event) => startDrag(event, { kind: 'card', id: step.id, transform: step.transform })}
          onClick={() => setOpen(!open)}
          onKeyDown={onKeyDown}
        >
          <span className="card-number">{index + 1}</span>
          <b className="clip">{step.transform}</b>
          <span className="card-mark">
            <StateMark state={state} report={report} />
          </span>
        </button>
        <CardMenu step={step} index={index} total={total} />
      </div>
      {fault !== undefined && (
        <div className="card-note">
          <div className="note warning" role="status">
            {faultQuestion(fault, step.transform)}
            {fault.insert.length > 0 && (
              <div className="actions">
                <button type="button" className="button small" data-mend onClick={() => mend(fault)}>
                  Add {fault.insert.length === 1 ? fault.insert[0] : `${fault.insert.length} transforms`} <kbd>↵</kbd>
                </button>
              </div>
            )}
          </div>
        </div>
      )}
      {state.kind === 'refused' && (
        <div className="card-note">
          {isOffer(state.error) ? (
            <ErrorNote error={onCard(state.error, step)} tone="warning">
              <Offers step={step} />
            </ErrorNote>
          ) : (
            <ErrorNote error={onCard(state.error, step)} />
          )}
        </div>
      )}
      {open && (
        <div className="card-body">
          <OptionForm step={step} />
          {step.transform === 'quantize' && <Int4Note step={step} />}
          {report !== null && <StepNotes report={report} />}
          {report === null && <TransformSummary name={step.transform} />}
        </div>
      )}
    </li>
  );
}

/** On the card of its own transform an error need not say which one it is about. */
function onCard(error: ErrorInfo, step: PipelineStep): ErrorInfo {
  if (error.about !== step.transform) return error;
  const { about: _itself, ...rest } = error;
  return rest;
}

/** A refusal that is a question: nothing is wrong, something is missing. */
function isOffer(error: ErrorInfo): boolean {
  return error.code === 'data-missing' || error.code === 'data-shape';
}

function StateMark({ state, report }: { state: StepState; report: StepReport | null }) {
  switch (state.kind) {
    case 'done':
      return (
        <>
          {report !== null && <span className="card-count">{countText(report)}</span>}
          {report !== null && report.skipped.length + stepWarnings(report).length > 0 && (
            <span className="warn card-count" title={`${report.skipped.length} left alone, ${stepWarnings(report).length} warnings`}>
              {report.skipped.length + stepWarnings(report).length}!
            </span>
          )}
          <Check className="ok" aria-label="done" />
        </>
      );
    case 'running':
      return (
        <>
          {state.progress !== null && state.progress.total > 1 && (
            <span className="card-count">
              {count(state.progress.done)} of {count(state.progress.total)}
            </span>
          )}
          <span className="spinner" role="img" aria-label="running" />
        </>
      );
    case 'passed':
      return <Check className="muted" aria-label="rewritten" />;
    case 'refused':
      return <CircleAlert className={isOffer(state.error) ? 'warn' : 'error'} aria-label="refused" />;
    case 'bypassed':
      return (
        <>
          <span className="card-count">bypassed</span>
          <Ban aria-hidden />
        </>
      );
    case 'waiting':
    case 'not-run':
      return <span className="card-idle" role="img" aria-label={state.kind === 'waiting' ? 'waiting' : 'not run'} />;
  }
}

function countText(report: StepReport): string {
  const changes = count(report.changes.length);
  switch (report.transform) {
    case 'fold_batch_norms':
      return `${changes} folded`;
    case 'quantize':
      return report.calibration === undefined ? changes : `${count(report.calibration.quantizers)} quantizers`;
    default:
      return changes;
  }
}

function TransformSummary({ name }: { name: string }) {
  const summary = usePipeline((state) => state.transforms.find((info) => info.name === name)?.summary);
  return summary === undefined ? null : <p className="card-summary muted">{summary}</p>;
}

function CardMenu({ step, index, total }: { step: PipelineStep; index: number; total: number }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button ghost small icon card-menu" aria-label={`Actions of ${step.transform}`}>
        <Ellipsis />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="surface menu"
          align="end"
          sideOffset={2}
          collisionPadding={6}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <DropdownMenu.Item className="menu-item" onSelect={() => toggleBypass(step.id)}>
            <span className="text">{step.bypassed ? 'Use again' : 'Bypass'}</span>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={index === 0} onSelect={() => moveBy(step.id, index, -1, total)}>
            <span className="text">Move up</span>
            <kbd>{keysLabel('Alt+↑')}</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={index === total - 1} onSelect={() => moveBy(step.id, index, 1, total)}>
            <span className="text">Move down</span>
            <kbd>{keysLabel('Alt+↓')}</kbd>
          </DropdownMenu.Item>
          <div className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => remove(step.id)}>
            <span className="text">Remove</span>
            <kbd>Del</kbd>
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function moveBy(id: string, index: number, by: -1 | 1, total: number): void {
  const target = index + by;
  if (target < 0 || target >= total) return;
  moveStep(id, by > 0 ? target + 1 : target);
  focusCard(id);
}

/** The focus goes to the neighbour, so that the keyboard stays where it was. */
function remove(id: string): void {
  const { steps } = usePipeline.getState().request;
  const index = steps.findIndex((step) => step.id === id);
  const neighbour = steps[index + 1] ?? steps[index - 1];
  removeStep(id);
  if (neighbour !== undefined) focusCard(neighbour.id);
}
