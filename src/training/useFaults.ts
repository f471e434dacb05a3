import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { type TrainingFault, trainingFaults } from './faults.ts';

/** What is missing before a run can start, as the stores say now. */
export function faultsNow(): readonly TrainingFault[] {
  const { summary } = useDocument.getState();
  const { request, faults } = usePipeline.getState();
  return trainingFaults({
    form: summary?.form ?? 'evaluation',
    request,
    ran: useRun.getState().ran,
    faulty: faults.length > 0,
    data: useData.getState().summary,
    training: useTraining.getState().form,
    validationSet: useTraining.getState().validationSet !== null,
  });
}

/** The same for a component, which follows the stores. */
export function useFaults(): readonly TrainingFault[] {
  useDocument((state) => state.summary);
  usePipeline((state) => state.request);
  usePipeline((state) => state.faults);
  useRun((state) => state.ran);
  useData((state) => state.summary);
  useTraining((state) => state.form);
  useTraining((state) => state.validationSet);
  return faultsNow();
}
