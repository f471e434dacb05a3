import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { Fragment, useMemo, useState } from 'react';
import type { RecipeInfo } from '../../worker/protocol.ts';
import { readRecipe } from '../actions/open.ts';
import { useCommand } from '../commands/useCommand.ts';
import { pickFiles } from '../files/dropped.ts';
import { useDrag } from '../state/drag.ts';
import { edit, fillRecipe, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { PIPELINE_LIST } from './dragStep.ts';
import { faultQuestion } from './faultText.ts';
import { PasteCommandLine } from './PasteCommandLine.tsx';
import { FIRST_RECIPES, groupRecipes, sameSteps, shortTitle } from './recipes.ts';
import { StepCard } from './StepCard.tsx';
import { runningStates, settledStates } from './stepState.ts';

export function Pipeline() {
  const request = usePipeline((state) => state.request);
  const drag = useDrag((state) => state.drag);
  const ran = useRun((state) => state.ran);
  const job = useRun((state) => state.job);
  const [pasting, setPasting] = useState(false);
  const running = job?.kind === 'run' ? job : null;
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
  const { presets, generic } = groupRecipes(recipes);
  return (
    <li className="empty-pipeline">
      <p className="muted">Drag transforms here, or start from a recipe:</p>
      {[...presets, ...generic.filter(({ name }) => FIRST_RECIPES.has(name))].map((recipe) => (
        <button key={recipe.name} type="button" className="button" onClick={() => fillRecipe(recipe)}>
          {recipe.title}
        </button>
      ))}
    </li>
  );
}

function PipelineMenu({ onPaste }: { onPaste: () => void }) {
  const recipes = usePipeline((state) => state.recipes);
  const steps = usePipeline((state) => state.request.steps);
  const copy = useCommand('copy-command-line');
  const save = useCommand('download-recipe');
  const transforms = usePipeline((state) => state.transforms);
  const current = recipes.find((recipe) => sameSteps(recipe.steps, steps, transforms));
  const { presets, generic } = groupRecipes(recipes);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button ghost small" aria-label="Recipes and command line">
        {current === undefined ? 'Recipe' : shortTitle(current.title)} <ChevronDown aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="surface menu" align="end" sideOffset={4} collisionPadding={6}>
          <DropdownMenu.Label className="menu-label">Fill in</DropdownMenu.Label>
          {presets.map((recipe) => (
            <RecipeItem key={recipe.name} recipe={recipe} />
          ))}
          {presets.length > 0 && <div className="menu-line" />}
          {generic.map((recipe) => (
            <RecipeItem key={recipe.name} recipe={recipe} />
          ))}
          <div className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => void openRecipe()}>
            Open recipe…
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={!save.enabled} onSelect={save.run}>
            Save recipe
          </DropdownMenu.Item>
          <div className="menu-line" />
          <DropdownMenu.Item className="menu-item" disabled={!copy.enabled} onSelect={copy.run}>
            Copy as command line
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={onPaste}>
            Paste command line…
          </DropdownMenu.Item>
          <div className="menu-line" />
          <DropdownMenu.Item
            className="menu-item"
            disabled={steps.length === 0}
            onSelect={() => edit((request) => ({ ...request, steps: [] }))}
          >
            Remove all steps
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function RecipeItem({ recipe }: { recipe: RecipeInfo }) {
  return (
    <DropdownMenu.Item className="menu-item" onSelect={() => fillRecipe(recipe)}>
      {recipe.title}
    </DropdownMenu.Item>
  );
}

async function openRecipe(): Promise<void> {
  const file = (await pickFiles('files')).at(0);
  if (file !== undefined) await readRecipe(file);
}
