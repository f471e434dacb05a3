import { useId } from 'react';
import type { QuantizerRow } from '../../worker/protocol.ts';
import { paintBits, paintByClicks } from '../actions/paintBits.ts';
import { bitsText, parseBits } from '../pipeline/bitsText.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { usePaintedBits, useTakesBits } from '../pipeline/usePaintedBits.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';

/** Other bits for these weights in the next run; empty: what the options of quantize say. */
export function LayerBits({ row }: { row: QuantizerRow }) {
  const takes = useTakesBits();
  const painted = usePaintedBits().get(row.name);
  const inRun = useTraining(
    ({ run }) => run !== null && run.state !== 'ended' && run.setup.thresholds.some(({ quantizers }) => quantizers.includes(row.name)),
  );
  const busy = useRun((state) => state.job !== null);
  const id = useId();
  // Of a run that waits the bits are changed where its threshold is.
  if (!takes || row.kind !== 'weight' || inRun) return null;
  const now = row.signed ? -row.bits : row.bits;
  const take = (text: string): void => {
    const bits = text === '' ? null : parseBits(text);
    if (text === '' || bits !== null) void paintBits(new Map([[row.name, bits]]));
  };
  return (
    <fieldset className="layer-bits" aria-label="Bits of these weights" disabled={busy}>
      <label htmlFor={id}>Bits</label>
      <TextField id={id} value={painted === undefined ? '' : bitsText(painted)} placeholder={bitsText(now)} onChange={take} />
      <button type="button" className="button small" onClick={() => paintByClicks(painted ?? now)}>
        Paint {bitsText(painted ?? now)}…
      </button>
      {painted !== undefined && painted !== now && <span className="muted">from the next run on</span>}
    </fieldset>
  );
}
