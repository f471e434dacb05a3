import { useCommand } from '../commands/useCommand.ts';
import { Dismissible } from '../data/SetNotes.tsx';
import { Int4Note } from '../pipeline/Int4Note.tsx';
import { usePipeline } from '../state/pipeline.ts';
import { useTraining } from '../state/training.ts';
import { Faults } from './Faults.tsx';
import { FineFields, MainFields } from './SetupFields.tsx';
import { StaticVerdict } from './StaticVerdict.tsx';
import { useFaults } from './useFaults.ts';
import { ValidationFields } from './ValidationFields.tsx';
import { WhatIsTrained } from './WhatIsTrained.tsx';

/** What will be trained, what there is to choose, and what is missing before it can start. */
export function SetupSection() {
  const faults = useFaults();
  const error = useTraining((state) => state.error);
  const train = useCommand('train');
  const quantize = usePipeline(({ request }) => request.steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed));
  return (
    <div className="training-setup">
      <section className="data-column" aria-labelledby="training-what">
        <h3 id="training-what" className="data-title">
          Retrain
        </h3>
        <WhatIsTrained />
        {error !== null && <Dismissible error={error} onDismiss={() => useTraining.setState({ error: null })} />}
        <Int4Note step={quantize} />
        <Faults faults={faults} />
        {faults.length === 0 && <StaticVerdict />}
        <p className="data-actions">
          <button type="button" className="button small primary" disabled={!train.enabled} onClick={train.run}>
            Train
          </button>
          {train.keys !== undefined && <kbd>{train.keys}</kbd>}
        </p>
      </section>
      <section className="data-column" aria-label="Options of the run">
        <MainFields />
      </section>
      <section className="data-column" aria-label="Validation, rates, seed and storage">
        <ValidationFields />
        <FineFields />
      </section>
    </div>
  );
}
