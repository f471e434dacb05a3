import { useDocument } from '../state/document.ts';
import { fillRecipe, usePipeline } from '../state/pipeline.ts';
import { trainingRecipe } from './recipes.ts';

/** Behind a warning that static quantization breaks depthwise layers: recipe 3a where the graph can be trained, else what to open for it. */
export function RetrainOffer() {
  const form = useDocument((state) => state.summary?.form);
  const recipe = usePipeline((state) => trainingRecipe(state.recipes));
  if ((form === 'training' || form === 'either') && recipe !== undefined) {
    return (
      <button type="button" className="button small step-offer" onClick={() => fillRecipe(recipe)}>
        Use recipe 3a
      </button>
    );
  }
  return (
    <p className="muted step-facts">
      Retraining (recipe 3a) takes the graph as it is trained: open its <span className="mono">.meta</span> with the checkpoint.
    </p>
  );
}
