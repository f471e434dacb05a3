import type { PipelineStep } from '../../worker/protocol.ts';
import { depthwiseWeights, paintBits } from '../actions/paintBits.ts';
import { runPipeline } from '../actions/run.ts';
import { plural } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { useNarrowDepthwise } from './useNarrowDepthwise.ts';
import { useTakesBits } from './usePaintedBits.ts';

const SIGNED_8 = -8;

/** Gives the weights of depthwise layers 8 bits and runs again; their quantizers are known once the pipeline has run. */
async function widen(): Promise<void> {
  if ((useRun.getState().quantizers?.rows.length ?? 0) === 0) await runPipeline();
  const rows = await depthwiseWeights();
  if (await paintBits(new Map(rows.map(({ name, signed }) => [name, signed ? SIGNED_8 : -SIGNED_8])))) await runPipeline();
}

/** Why 4-bit weights fail on depthwise layers, and what is done about it. */
export function Int4Note({ step }: { step: PipelineStep | undefined }) {
  const layers = useNarrowDepthwise(step);
  const takes = useTakesBits();
  const busy = useRun((state) => state.job !== null);
  if (layers === 0) return null;
  return (
    <div className="note warning int4-note" role="note">
      <b>{plural(layers, 'depthwise layer')} at 4 bits.</b> 4 bits have 15 levels for all channels of a layer, and these channels differ so
      widely that the weights of most round to 0. Training does not bring them back: such a network stays at chance, in the original too. At
      8 bits they are kept, and the other layers stay at 4.
      {takes && (
        <div className="actions">
          <button type="button" className="button small" disabled={busy} onClick={() => void widen()}>
            Keep depthwise layers at 8 bits
          </button>
        </div>
      )}
    </div>
  );
}
