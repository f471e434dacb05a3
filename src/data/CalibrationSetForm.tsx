import { Download } from 'lucide-react';
import { useId } from 'react';
import { saveCalibrationSet } from '../actions/calibrationSet.ts';
import { useCommand } from '../commands/useCommand.ts';
import { plural, shape } from '../format/numbers.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { type SetChoice, useData } from '../state/data.ts';
import { Dismissible } from './SetNotes.tsx';

/** Chooses images of the set for calibration: how many, from which seed, equally of every class. */
export function CalibrationSetForm() {
  const choice = useData((state) => state.choice);
  const labelled = useData((state) => state.summary?.labels !== null);
  const made = useData((state) => state.made);
  const error = useData((state) => state.madeError);
  const make = useCommand('make-calibration-set');
  const [sizeId, seedId, balancedId] = [useId(), useId(), useId()];
  const set = (change: Partial<SetChoice>): void => useData.setState({ choice: { ...choice, ...change } });
  const whole = (text: string, least: number, take: (value: number) => void): void => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) take(value);
  };
  return (
    <>
      <div className="data-form">
        <label htmlFor={sizeId}>Images</label>
        <span className="data-field data-number">
          <TextField
            id={sizeId}
            value={String(choice.size)}
            placeholder="50"
            onChange={(text) => whole(text, 1, (size) => set({ size }))}
          />
        </span>
        <label htmlFor={seedId}>Seed</label>
        <span className="data-field data-number">
          <TextField id={seedId} value={String(choice.seed)} placeholder="0" onChange={(text) => whole(text, 0, (seed) => set({ seed }))} />
        </span>
        {labelled && (
          <>
            <label htmlFor={balancedId}>Balanced</label>
            <span className="data-field">
              <input
                id={balancedId}
                type="checkbox"
                className="checkbox"
                title="As many of every class as can be"
                checked={choice.balanced}
                onChange={(event) => set({ balanced: event.target.checked })}
              />
            </span>
          </>
        )}
      </div>
      <p className="data-actions">
        <button type="button" className="button small" disabled={!make.enabled} onClick={make.run}>
          Make calibration set
        </button>
      </p>
      {error !== null && <Dismissible error={error} onDismiss={() => useData.setState({ madeError: null })} />}
      {made !== null && (
        <p className="data-actions">
          <span>
            {plural(made.count, 'image')} of {shape(made.shape.slice(1))}
          </span>
          <button type="button" className="button ghost small" onClick={() => saveCalibrationSet(made)}>
            <Download aria-hidden />
            .npy and list
          </button>
        </p>
      )}
    </>
  );
}
