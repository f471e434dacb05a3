import { Play } from 'lucide-react';
import { cancelJob } from '../actions/jobs.ts';
import { useCommand } from '../commands/useCommand.ts';
import { duration } from '../format/numbers.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { Offers } from './Offers.tsx';

/** Runs everything, from wherever the pipeline is scrolled to. */
export function RunBar() {
  const run = useCommand('run-pipeline');
  const running = useRun(({ job }) => job?.kind === 'run' || job?.kind === 'calibrate');
  const error = useRun((state) => state.error);
  const ran = useRun((state) => state.ran);
  const quantize = usePipeline((state) => state.request.steps.find((step) => step.transform === 'quantize'));
  return (
    <div className="run-bar">
      {error !== null && error.code !== 'interface-invalid' && !running && (
        <ErrorNote error={error}>
          {error.code === 'data-missing' && quantize !== undefined ? <Offers step={quantize} /> : undefined}
        </ErrorNote>
      )}
      <div className="run-row">
        {running ? (
          <button type="button" className="button" onClick={cancelJob}>
            Cancel
          </button>
        ) : (
          <button type="button" className="button primary" disabled={!run.enabled} onClick={run.run}>
            <Play aria-hidden />
            {run.title}
          </button>
        )}
        {!running && <kbd>{run.keys}</kbd>}
        <span className="grow" />
        {ran !== null && !running && <span className="muted">{duration(ran.report.ms)}</span>}
      </div>
    </div>
  );
}
