import { askTraining, dropTraining, pauseTraining } from '../actions/train.ts';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { DataWarnings, Dismissible } from '../data/SetNotes.tsx';
import { percent } from '../data/sentences.ts';
import { count, duration, real } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { scoreWord, stepText, trainedText } from './words.ts';

/** The run at hand in numbers, and what can be done with it. */
export function RunSide() {
  const run = useTraining((state) => state.run);
  const error = useTraining((state) => state.error);
  const asking = useTraining((state) => state.asking);
  return (
    <section className="training-side" aria-label="Training run">
      <State />
      {error !== null && <Dismissible error={error} onDismiss={() => useTraining.setState({ error: null })} />}
      {asking !== null ? <Question /> : <Actions />}
      {run !== null && <DataWarnings warnings={run.warnings} />}
      {run !== null && <Facts />}
    </section>
  );
}

const STATES = { running: 'Training', pausing: 'Pausing after this step', paused: 'Paused', ended: 'Ended' } as const;

function State() {
  const run = useTraining((state) => state.run);
  if (run === null) return <h3 className="data-title">Preparing</h3>;
  return (
    <>
      <h3 className="data-title">
        {STATES[run.state]} · {stepText(run)}
      </h3>
      <progress className="bar training-bar" aria-label="Steps done" max={run.setup.steps} value={run.step} />
    </>
  );
}

function Actions() {
  const state = useTraining(({ run }) => run?.state ?? null);
  const starting = useRun(({ job }) => job?.kind === 'train');
  if (state === 'ended') return null;
  return (
    <p className="data-actions">
      {state === 'paused' && !starting ? (
        <Action id="resume-training" words="Resume" primary />
      ) : (
        <Action id="pause-training" words="Pause" />
      )}
      <Action id="stop-training" words="Stop, keep best" />
      {state === 'paused' && !starting ? <Action id="discard-training" words="Discard" /> : <Action id="cancel" words="Cancel" />}
    </p>
  );
}

function Action({ id, words, primary = false }: { id: CommandId; words: string; primary?: boolean }) {
  const { enabled, title, run } = useCommand(id);
  return (
    <button type="button" className={primary ? 'button small primary' : 'button small'} title={title} disabled={!enabled} onClick={run}>
      {words}
    </button>
  );
}

/** Dropping a run cannot be undone. */
function Question() {
  const asking = useTraining((state) => state.asking);
  const step = useTraining(({ run }) => run?.step ?? 0);
  if (asking === null) return null;
  return (
    <div className="note warning" role="alertdialog" aria-label="Drop the run?">
      {step === 0 ? 'The run is dropped.' : `What ${count(step)} steps found is lost, weights and thresholds.`}
      <div className="actions">
        {/* biome-ignore lint/a11y/noAutofocus: the answer to what was just asked for */}
        <button type="button" className="button small" autoFocus onClick={() => void dropTraining()}>
          Drop the run
        </button>
        {asking === 'cancel' && (
          <button type="button" className="button small" onClick={() => void pauseTraining()}>
            Pause instead
          </button>
        )}
        <button type="button" className="button small" onClick={() => askTraining(null)}>
          {asking === 'cancel' ? 'Go on training' : 'Keep it'}
        </button>
      </div>
    </div>
  );
}

function Facts() {
  const run = useTraining((state) => state.run);
  if (run === null) return null;
  const { setup, best, msPerStep, storedAt, records, validations } = run;
  const loss = records.at(-1)?.loss;
  const rate = (value: number): string => percent(value, setup.images.validation);
  const last = validations.at(-1);
  const left = msPerStep === null || run.state === 'ended' ? null : (setup.steps - run.step) * msPerStep;
  return (
    <dl className="fact-list training-facts">
      {loss !== undefined && <Fact name="Loss">{real(loss, 4)}</Fact>}
      {last !== undefined && (
        <Fact name={scoreWord(setup.score)}>
          {rate(last.score)} <span className="muted">float {rate(setup.floatScore)}</span>
        </Fact>
      )}
      {best !== null && (
        <Fact name="Best">
          <b>{rate(best.score)}</b> <span className="muted">at step {count(best.step)}</span>
        </Fact>
      )}
      {msPerStep !== null && (
        <Fact name="Step">
          {duration(msPerStep)}
          {left !== null && left > 0 && <span className="muted"> · {duration(left)} left</span>}
        </Fact>
      )}
      <Fact name="Stored">{storedAt === null ? 'not yet' : `at step ${count(storedAt)}`}</Fact>
      <Fact name="Trained">{trainedText(setup)}</Fact>
      <Fact name="Images">
        {count(setup.images.training)} <span className="muted">and {count(setup.images.validation)} to validate</span>
      </Fact>
      <Fact name="Backend">{setup.backend}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
