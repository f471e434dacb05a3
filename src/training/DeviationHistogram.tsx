import { useMemo } from 'react';
import { count } from '../format/numbers.ts';
import { tintClass } from '../graph/tint.ts';
import { histogramOf, type ThresholdRow } from './thresholdRows.ts';
import { signed } from './words.ts';

/** How many thresholds moved by how many bins: upwards for range, downwards for precision. */
export function DeviationHistogram({ rows }: { rows: readonly ThresholdRow[] }) {
  const bars = useMemo(() => [...histogramOf(rows)].reverse(), [rows]);
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="deviations" aria-label="Deviations of thresholds" tabIndex={0}>
      <table>
        <caption>
          d <span className="muted">bins moved</span>
        </caption>
        <tbody>
          {bars.map(({ deviation, count: thresholds }) => (
            <tr key={deviation}>
              <th scope="row" className="right">
                {signed(deviation)}
              </th>
              <td className="deviation-track">
                <i className={`deviation-bar ${tintClass(deviation)}`} style={{ width: `${(100 * thresholds) / most}%` }} />
              </td>
              <td className="right">{count(thresholds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">+ range, − precision</p>
    </section>
  );
}
