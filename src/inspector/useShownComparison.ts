import type { OutputComparison } from '../../worker/protocol.ts';
import { useRun } from '../state/run.ts';
import { useView } from '../state/view.ts';
import { RETRAINED } from '../training/trainRequest.ts';

/** How far the outputs of the stage on screen are from the float network's: on the retrained one of what training made, else as calibrated. */
export function useShownComparison(): { readonly comparison: OutputComparison; readonly network: 'quantized' | 'retrained' } | null {
  const stage = useView((state) => state.stage);
  const retrained = useRun(({ stages }) => stages.find((info) => info.stage === stage)?.title === RETRAINED);
  const comparison = useRun((state) => (retrained ? state.retrainedComparison : state.comparison));
  return comparison === null ? null : { comparison, network: retrained ? 'retrained' : 'quantized' };
}
