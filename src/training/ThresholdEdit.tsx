import { useId } from 'react';
import { editTraining } from '../actions/train.ts';
import { bitsText, parseBits } from '../pipeline/bitsText.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import type { ThresholdRow } from './thresholdRows.ts';

/** What can be changed of a threshold while its run is paused: frozen or not, its bits, its value. */
export function ThresholdEdit({ row }: { row: ThresholdRow }) {
  const paused = useTraining(({ run }) => run?.state === 'paused');
  const busy = useRun(({ job }) => job !== null);
  const id = useId();
  if (!paused) return null;
  const { variable, quantizers, frozenAt, bits } = row;
  const isSigned = row.signed ?? true;
  const [quantizer] = quantizers;
  const setBits = async (text: string): Promise<void> => {
    const width = parseBits(text);
    if (width === null) return;
    for (const name of quantizers) await editTraining({ kind: 'bits', quantizer: name, bits: width });
  };
  return (
    <fieldset className="threshold-edit" aria-label={`Change the threshold of ${quantizer ?? variable}`} disabled={busy}>
      <button
        type="button"
        className="button small"
        onClick={() => void editTraining({ kind: frozenAt === null ? 'freeze' : 'release', threshold: variable })}
      >
        {frozenAt === null ? 'Freeze' : 'Release'}
      </button>
      <button type="button" className="button small" onClick={() => void editTraining({ kind: 'reset', threshold: variable })}>
        Reset to calibrated
      </button>
      <label htmlFor={id}>Bits</label>
      <TextField id={id} value={bitsText(isSigned ? -bits : bits)} placeholder="int8" onChange={(text) => void setBits(text)} />
    </fieldset>
  );
}
