import { Fragment, useMemo, useState } from 'react';
import { useDocument } from '../state/document.ts';
import { useDrag } from '../state/drag.ts';
import { fillRecipe, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { PIPELINE_LIST } from './dragStep.ts';
import { faultQuestion } from './faultText.ts';
import { PasteCommandLine } from './PasteCommandLine.tsx';
import { PipelineMenu } from './PipelineMenu.tsx';
import { FIRST_RECIPES, groupRecipes } from './recipes.ts';
import { StepCard } from './StepCard.tsx';
import { runningStates, settledStates } from './stepState.ts';

export function Pipeline() {
  const request = usePipeline((state) => state.request);
  const drag = useDrag((state) => state.drag);
  const ran = useRun((state) => state.ran);
  // Other jobs' progress is none of the cards'.
  const running = useRun(({ job }) => (job?.kind === 'run' ? job : null));
  const [pasting, setPasting] = useState(false);
  const states = useMemo(
    () => (running === null ? settledStates(request, ran) : runningStates(request, running.progress)),
    [request, ran, running],
  );
  const { steps } = request;
  return (
    <section aria-labelledby="pipeline" className="pipeline">
      <header className="section-head">
        <h2 id="pipeline">Pipeline</h2>
        <PipelineMenu onPaste={() => setPasting(true)} />
      </header>
      {pasting && <PasteCommandLine onClose={() => setPasting(false)} />}
      <ol className="cards" {...{ [PIPELINE_LIST]: '' }}>
        {steps.map((step, index) => (
          <Fragment key={step.id}>
            {drag?.index === index && <Landing />}
            <StepCard step={step} index={index} count={steps.length} state={states.get(step.id) ?? { kind: 'not-run' }} />
          </Fragment>
        ))}
        {drag?.index === steps.length && <Landing />}
        {steps.length === 0 && drag === null && <EmptyPipeline />}
      </ol>
      {drag !== null && <Ghost />}
    </section>
  );
}

/** Where the card under the pointer will land. */
function Landing() {
  const refused = useDrag(({ drag }) => drag !== null && drag.fault !== null);
  return <li className={refused ? 'landing refused' : 'landing'} />;
}

/** The card at the pointer; it says why it may not stand where it is held. */
function Ghost() {
  const drag = useDrag((state) => state.drag);
  if (drag === null) return null;
  const { fault, source } = drag;
  return (
    <div className="ghost-card" style={{ transform: `translate(${drag.x + 12}px, ${drag.y + 8}px)` }}>
      <b>{source.transform}</b>
      {fault !== null && (
        <p role="status">
          {faultQuestion(fault, source.transform)} {fault.insert.length > 0 && <kbd>↵</kbd>}
        </p>
      )}
    </div>
  );
}

function EmptyPipeline() {
  const recipes = usePipeline((state) => state.recipes);
  const form = useDocument((state) => state.summary?.form ?? 'evaluation');
  const { presets, generic } = groupRecipes(recipes);
  if (form === 'quantized') {
    return (
      <li className="empty-pipeline">
        <p className="muted">This graph is quantized already. Its thresholds are in the table, what stays in float is in the overview.</p>
      </li>
    );
  }
  return (
    <li className="empty-pipeline">
      <p className="muted">Drag transforms here, or start from a recipe:</p>
      {[...presets, ...generic.filter(({ name }) => FIRST_RECIPES[form].includes(name))].map((recipe) => (
        <button key={recipe.name} type="button" className="button" onClick={() => fillRecipe(recipe)}>
          {recipe.title}
        </button>
      ))}
    </li>
  );
}
