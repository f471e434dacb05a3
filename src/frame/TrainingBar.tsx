import { askTraining, dropTraining } from '../actions/train.ts';
import { openValidationSet } from '../actions/validationSet.ts';
import { useCommand } from '../commands/useCommand.ts';
import { pickFiles } from '../files/dropped.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { stepText } from '../training/words.ts';

/** A run that waits from before a reload, or that another window holds: what becomes of it is asked once, above everything. */
export function TrainingBar() {
  const restored = useTraining((state) => state.restored);
  const run = useTraining((state) => state.run);
  const error = useTraining((state) => state.error);
  const asking = useTraining((state) => state.asking);
  const busy = useRun((state) => state.job !== null);
  const resume = useCommand('resume-training');
  if (!restored || (run === null && error === null)) return null;
  const later = (): void => useTraining.setState({ restored: false });
  return (
    <section className="training-notice" aria-label="Training that waits">
      {run === null ? (
        <>
          <span className="warn grow">
            {error?.cause} {error?.remedy}
          </span>
          {error?.about === 'validation' && <GiveValidationSet />}
          <button type="button" className="button small" onClick={later}>
            Dismiss
          </button>
        </>
      ) : asking === 'discard' ? (
        <>
          <span className="grow">What {stepText(run)} found is lost, weights and thresholds.</span>
          <button type="button" className="button small" onClick={() => void dropTraining()}>
            Discard it
          </button>
          <button type="button" className="button small" onClick={() => askTraining(null)}>
            Keep it
          </button>
        </>
      ) : (
        <>
          <span className="grow">
            <b>Training paused</b> at {stepText(run)}: it goes on with the same numbers as if it had not been interrupted.
          </span>
          <button type="button" className="button small primary" disabled={!resume.enabled} onClick={resume.run}>
            Resume
          </button>
          <button type="button" className="button small" disabled={busy} onClick={() => useTraining.setState({ asking: 'discard' })}>
            Discard
          </button>
          <button type="button" className="button ghost small" onClick={later}>
            Later
          </button>
        </>
      )}
    </section>
  );
}

/** The files of a set that was too large to keep: the run is found with it. */
function GiveValidationSet() {
  const busy = useRun((state) => state.job !== null);
  const pick = async (what: 'files' | 'folder'): Promise<void> => openValidationSet(await pickFiles(what));
  return (
    <>
      <button type="button" className="button small primary" disabled={busy} onClick={() => void pick('folder')}>
        Folder…
      </button>
      <button type="button" className="button small primary" disabled={busy} onClick={() => void pick('files')}>
        Files…
      </button>
    </>
  );
}
