import { EQUALIZING, isTrainable, type PipelineStep } from '../../worker/protocol.ts';
import { runPipeline } from '../actions/run.ts';
import { plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { insertSteps, newStep, usePipeline } from '../state/pipeline.ts';
import { useTrainingRoad } from '../training/useTrainingRoad.ts';

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

/** Behind a warning that static quantization breaks depthwise layers, the roads: equalize them, or retrain, and what that takes. */
export function RetrainOffer() {
  const form = useDocument((state) => state.summary?.form);
  const steps = usePipeline((state) => state.request.steps);
  const retrain = useTrainingRoad();
  return (
    <>
      {missingSteps(steps).length > 0 && (
        <button type="button" className="button small step-offer" onClick={() => equalize(steps)}>
          Equalize layers
        </button>
      )}
      {retrain !== null && (
        <button type="button" className="button small step-offer" onClick={retrain}>
          {isTrainable(form) ? 'Retrain by recipe 3a' : 'Thaw and retrain'}
        </button>
      )}
      <Needs />
    </>
  );
}

/** What retraining takes, of what is there. */
function Needs() {
  const set = useData((state) => state.summary);
  if (set === null)
    return (
      <p className="muted step-facts">
        Equalizing needs no images. Retraining needs some: labelled ones, or any, with the float network’s outputs as the target.
      </p>
    );
  return (
    <p className="muted step-facts">
      Equalizing needs no images. {plural(set.count, 'image')} to retrain on {set.count === 1 ? 'is' : 'are'} open
      {set.labels === null ? ', without labels: the float network’s outputs are the target.' : '.'}
    </p>
  );
}
