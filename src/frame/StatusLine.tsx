import { Check, CircleSlash, PanelBottom, PanelLeft, PanelRight, X } from 'lucide-react';
import type { ReactElement } from 'react';
import type { JobProgress } from '../../worker/protocol.ts';
import { cancelJob } from '../actions/jobs.ts';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { bytes, count, duration, plural } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { type Job, type Outcome, useRun } from '../state/run.ts';
import { type Panel, useView } from '../state/view.ts';
import { Tip } from '../ui/Tip.tsx';

export function StatusLine() {
  const memory = useRun((state) => state.memory);
  const opened = useDocument((state) => state.summary !== null);
  const layers = useView((state) => state.layersShown);
  const nodes = useRun((state) => state.stages)[useView((state) => state.stage)]?.nodeCount;
  return (
    <footer className="status">
      <JobAtHand />
      {opened && (
        <span className="status-fact">
          {layers > 0 && `${plural(layers, 'layer')} · `}
          {nodes !== undefined && plural(nodes, 'node')}
        </span>
      )}
      <span className="grow" />
      {memory !== null && memory > 0 && (
        <Tip text="Most memory that the engine's tensors took in the last job">
          <span className="status-fact">{bytes(memory)}</span>
        </Tip>
      )}
      {opened && (
        <span className="pair">
          <PanelButton id="toggle-left" panel="left" icon={<PanelLeft />} />
          <PanelButton id="toggle-bottom" panel="bottom" icon={<PanelBottom />} />
          <PanelButton id="toggle-right" panel="right" icon={<PanelRight />} />
        </span>
      )}
      <Tip text="Everything runs on this machine; the page's security policy allows no other address.">
        <span className="status-fact">0 bytes sent</span>
      </Tip>
    </footer>
  );
}

/** The part that changes with every word of progress. */
function JobAtHand() {
  const job = useRun((state) => state.job);
  const outcome = useRun((state) => state.outcome);
  return (
    <>
      <div className="status-job">{job !== null && <Working job={job} />}</div>
      <div className="status-job" role="status">
        {job === null && outcome !== null && <Ended outcome={outcome} />}
      </div>
    </>
  );
}

const PHASES: Readonly<Record<JobProgress['phase'], string>> = {
  open: 'reading',
  rewrite: 'rewriting',
  load: 'loading',
  calibrate: 'calibrating',
  search: 'searching thresholds',
  evaluate: 'evaluating',
  train: 'training',
  layout: 'laying out',
  save: 'writing',
};

function Working({ job }: { job: Job }) {
  const { progress } = job;
  const total = progress?.total ?? 0;
  return (
    <>
      <span className="spinner" />
      <span>{job.title}</span>
      {progress !== null && (
        <>
          <progress className="bar" aria-label={job.title} max={Math.max(total, 1)} value={total === 0 ? undefined : progress.done} />
          <span className="muted clip">
            {PHASES[progress.phase]}
            {progress.layer !== null && <span className="mono"> {lastSegments(progress.layer)}</span>}
            {total > 1 && ` · ${count(progress.done)} of ${count(total)}`}
            {progress.etaMs !== null && progress.etaMs > 500 && ` · ${duration(progress.etaMs)} left`}
          </span>
        </>
      )}
      <button type="button" className="link" onClick={cancelJob}>
        Cancel
      </button>
    </>
  );
}

function Ended({ outcome }: { outcome: Outcome }) {
  return (
    <>
      {outcome.state === 'done' && <Check className="ok" aria-hidden />}
      {outcome.state === 'failed' && <X className="error" aria-hidden />}
      {outcome.state === 'cancelled' && <CircleSlash aria-hidden />}
      <span className={outcome.state === 'failed' ? 'error clip' : 'clip'}>{outcome.text}</span>
    </>
  );
}

function PanelButton({ id, panel, icon }: { id: CommandId; panel: Panel; icon: ReactElement }) {
  const { title, keys, run } = useCommand(id);
  const shown = useView((state) => !state.collapsed[panel]);
  return (
    <Tip text={title} keys={keys}>
      <button type="button" className="button ghost small icon panel-button" aria-label={title} aria-pressed={shown} onClick={run}>
        {icon}
      </button>
    </Tip>
  );
}

function lastSegments(path: string): string {
  return path.split('/').slice(-2).join('/');
}
