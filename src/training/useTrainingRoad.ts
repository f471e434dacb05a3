import { trainingSteps } from '../../worker/protocol.ts';
import { trainingRecipe } from '../pipeline/recipes.ts';
import { useDocument } from '../state/document.ts';
import { edit, newStepId, usePipeline } from '../state/pipeline.ts';
import { setCollapsed, setView } from '../state/view.ts';

/** Fills the pipeline with what makes a graph to retrain of the one that is open, as one step of undo; null: no recipe is known yet. */
export function useTrainingRoad(): (() => void) | null {
  const summary = useDocument((state) => state.summary);
  const recipe = usePipeline((state) => trainingRecipe(state.recipes));
  if (summary === null || recipe === undefined) return null;
  return () => {
    edit((request) => ({
      ...request,
      ...(recipe.interface === undefined ? {} : { interface: recipe.interface }),
      steps: trainingSteps(summary.form, recipe, request.steps).map((step) => ({ ...step, id: newStepId() })),
    }));
    setCollapsed('bottom', false);
    setView({ bottomTab: 'training' });
  };
}
