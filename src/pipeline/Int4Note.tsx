import type { PipelineStep } from '../../worker/protocol.ts';
import { depthwiseWeights, paintBits } from '../actions/paintBits.ts';
import { runPipeline } from '../actions/run.ts';
import { plural } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';
import { useTakesBits } from './usePaintedBits.ts';

const SIGNED_8 = -8;

/** Gives the weights of depthwise layers 8 bits and runs again. */
async function widen(): Promise<void> {
  const rows = await depthwiseWeights();
  if (await paintBits(new Map(rows.map(({ name, signed }) => [name, signed ? SIGNED_8 : -SIGNED_8])))) await runPipeline();
}

/** Whether a quantize step leaves depthwise layers at 4 bits or fewer, as far as the page can tell. */
function useIsNarrow(step: PipelineStep | undefined): boolean {
  const layers = useDocument((state) => state.summary?.ops.find(([op]) => op === 'DepthwiseConv2dNative')?.[1] ?? 0);
  const width = step?.options.weight_bits;
  const listed = step?.options.bits_list;
  return layers > 0 && typeof width === 'number' && Math.abs(width) <= 4 && (listed === undefined || listed === null);
}

/** Why 4-bit weights fail on depthwise layers, and what is done about it. */
export function Int4Note({ step }: { step: PipelineStep | undefined }) {
  const narrow = useIsNarrow(step);
  const takes = useTakesBits();
  const layers = useDocument((state) => state.summary?.ops.find(([op]) => op === 'DepthwiseConv2dNative')?.[1] ?? 0);
  const placed = useRun((state) => (state.quantizers?.rows.length ?? 0) > 0);
  const busy = useRun((state) => state.job !== null);
  if (!narrow) return null;
  return (
    <div className="note warning int4-note" role="note">
      4 bits have 15 levels for all channels of a layer. The channels of {plural(layers, 'depthwise layer')} differ so widely that the
      weights of most round to 0, and training does not bring them back: the original stays at chance here too. Give these layers 8 bits.
      {takes && placed && (
        <div className="actions">
          <button type="button" className="button small" disabled={busy} onClick={() => void widen()}>
            8 bits for depthwise layers
          </button>
        </div>
      )}
    </div>
  );
}
