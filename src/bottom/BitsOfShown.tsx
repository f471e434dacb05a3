import { useId } from 'react';
import type { QuantizerRow } from '../../worker/protocol.ts';
import { paintBits } from '../actions/paintBits.ts';
import { count } from '../format/numbers.ts';
import { parseBits } from '../pipeline/bitsText.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { useTakesBits } from '../pipeline/usePaintedBits.ts';
import { useRun } from '../state/run.ts';

/** One width for the weights that the filter leaves, in the next run. */
export function BitsOfShown({ rows }: { rows: readonly QuantizerRow[] }) {
  const takes = useTakesBits();
  const busy = useRun((state) => state.job !== null);
  const id = useId();
  const weights = rows.filter(({ kind }) => kind === 'weight');
  if (!takes || weights.length === 0) return null;
  const take = (text: string): void => {
    const bits = parseBits(text);
    if (bits !== null && !busy) void paintBits(new Map(weights.map(({ name }) => [name, bits])));
  };
  return (
    <span className="bits-of-shown">
      <label htmlFor={id} title="Written to the list of bits, for the next run">
        Bits of {count(weights.length)} weights
      </label>
      <TextField id={id} value="" placeholder="int8" onChange={take} />
    </span>
  );
}
