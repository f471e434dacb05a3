import { deviationText, tintClass } from './tint.ts';

const STEPS = [-3, -2, -1, 1, 2, 3] as const;

/** The scale of the tints: blue for precision, orange for range, the more the further a threshold moved. */
export function TintLegend() {
  return (
    <ul className="graph-legend tints" aria-label="Bins that thresholds moved in training, by colour">
      <li>moved</li>
      {STEPS.map((deviation) => (
        <li key={deviation} title={deviation > 0 ? 'for range' : 'for precision'}>
          <i className={`tinted ${tintClass(deviation)}`} />
          {deviationText(deviation)}
        </li>
      ))}
    </ul>
  );
}
