import { ChevronDown, ChevronRight } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { RecipeInfo } from '../../worker/protocol.ts';
import { readRecipe } from '../actions/open.ts';
import { useCommand } from '../commands/useCommand.ts';
import { pickFiles } from '../files/dropped.ts';
import { useDocument } from '../state/document.ts';
import { edit, fillRecipe, usePipeline } from '../state/pipeline.ts';
import { groupRecipes, sameSteps, shortTitle } from './recipes.ts';

/** Recipes to fill in, those of the recognised network first; recipe files; the command line. */
export function PipelineMenu({ onPaste }: { onPaste: () => void }) {
  const recipes = usePipeline((state) => state.recipes);
  const steps = usePipeline((state) => state.request.steps);
  const copy = useCommand('copy-command-line');
  const save = useCommand('download-recipe');
  const transforms = usePipeline((state) => state.transforms);
  const current = recipes.find((recipe) => sameSteps(recipe.steps, steps, transforms));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button ghost small" aria-label="Recipes and command line">
        {current === undefined ? 'Recipe' : shortTitle(current.title)} <ChevronDown aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="surface menu" align="end" sideOffset={4} collisionPadding={6}>
          <Recipes recipes={recipes} />
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

/** Where a network was recognised, what is for any network is one level down. */
function Recipes({ recipes }: { recipes: readonly RecipeInfo[] }) {
  const title = useDocument((state) => state.summary?.network?.title);
  const { presets, generic } = groupRecipes(recipes);
  if (presets.length === 0) {
    return (
      <>
        <DropdownMenu.Label className="menu-label">Fill in</DropdownMenu.Label>
        <Items recipes={generic} />
      </>
    );
  }
  return (
    <>
      <DropdownMenu.Label className="menu-label">{title === undefined ? 'Fill in' : `Fill in for ${title}`}</DropdownMenu.Label>
      <Items recipes={presets} />
      <DropdownMenu.Sub>
        <DropdownMenu.SubTrigger className="menu-item">
          For any network
          <ChevronRight aria-hidden className="menu-more" />
        </DropdownMenu.SubTrigger>
        <DropdownMenu.Portal>
          <DropdownMenu.SubContent className="surface menu" sideOffset={6} collisionPadding={6}>
            <Items recipes={generic} />
          </DropdownMenu.SubContent>
        </DropdownMenu.Portal>
      </DropdownMenu.Sub>
    </>
  );
}

function Items({ recipes }: { recipes: readonly RecipeInfo[] }) {
  return recipes.map((recipe) => (
    <DropdownMenu.Item key={recipe.name} className="menu-item" onSelect={() => fillRecipe(recipe)}>
      {recipe.title}
    </DropdownMenu.Item>
  ));
}

async function openRecipe(): Promise<void> {
  const file = (await pickFiles('files')).at(0);
  if (file !== undefined) await readRecipe(file);
}
