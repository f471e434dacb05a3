import type { PipelineStep } from '../../worker/protocol.ts';
import { runPipeline } from '../actions/run.ts';
import { useDocument } from '../state/document.ts';
import { fillRecipe, insertSteps, newStep, usePipeline } from '../state/pipeline.ts';
import { trainingRecipe } from './recipes.ts';

/** What brings channels of different range to one before `quantize`. */
const EQUALIZING = ['equalize_layers', 'correct_biases'];

/** Those of them that no step does. */
function missingSteps(steps: readonly PipelineStep[]): readonly string[] {
  return EQUALIZING.filter((name) => !steps.some(({ transform, bypassed }) => transform === name && !bypassed));
}

/** Puts the equalizing steps that are missing before `quantize`, and runs. */
function equalize(steps: readonly PipelineStep[]): void {
  const at = steps.findIndex(({ transform }) => transform === 'quantize');
  insertSteps(
    at,
    missingSteps(steps).map((name) => newStep(name)),
  );
  void runPipeline();
}

/**
 * Behind a warning that static quantization breaks depthwise layers: equalize them, or recipe 3a where the graph can be trained, else what
 * to open for it.
 */
export function RetrainOffer() {
  const form = useDocument((state) => state.summary?.form);
  const recipe = usePipeline((state) => trainingRecipe(state.recipes));
  const steps = usePipeline((state) => state.request.steps);
  const trainable = (form === 'training' || form === 'either') && recipe !== undefined;
  return (
    <>
      {missingSteps(steps).length > 0 && (
        <button type="button" className="button small step-offer" onClick={() => equalize(steps)}>
          Equalize layers
        </button>
      )}
      {trainable && (
        <button type="button" className="button small step-offer" onClick={() => fillRecipe(recipe)}>
          Use recipe 3a
        </button>
      )}
      {!trainable && (
        <p className="muted step-facts">
          Retraining (recipe 3a) takes the graph as it is trained: open its <span className="mono">.meta</span> with the checkpoint.
        </p>
      )}
    </>
  );
}
