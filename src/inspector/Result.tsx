import { useState } from 'react';
import type { OutputComparison } from '../../worker/protocol.ts';
import { plural, real } from '../format/numbers.ts';
import { QuantizedOutputs } from './QuantizedOutputs.tsx';

/** Below this share of equal answers static quantization has broken the network. */
const POOR_AGREEMENT = 0.5;

interface ResultProps {
  readonly comparison: OutputComparison;
  /** What was held against the float network. */
  readonly network: 'quantized' | 'retrained';
}

/** Float against quantized or retrained outputs on some calibration images: top-5 and the largest difference. */
export function Result({ comparison, network }: ResultProps) {
  const [at, setAt] = useState(0);
  const row = comparison.rows[Math.min(at, comparison.rows.length - 1)];
  const agree = Math.round(comparison.agreement * comparison.images);
  return (
    <section className="result" aria-labelledby="result">
      <header className="inspector-head">
        <h2 id="result">Result</h2>
        <span className="muted">
          {network} · {plural(comparison.images, 'calibration image')}
        </span>
      </header>
      <dl className="fact-list">
        <dt>Top-1 agrees</dt>
        <dd>
          <b>
            {agree} of {comparison.images}
          </b>
        </dd>
        <dt>Largest difference</dt>
        <dd>
          <b>{real(comparison.largestDifference)}</b>
        </dd>
      </dl>
      <QuantizedOutputs />
      {comparison.agreement < POOR_AGREEMENT && network === 'quantized' && (
        <p className="result-hint warn">
          One power-of-2 threshold per tensor does not fit this network: often the channels of depthwise weights differ too widely. Sort the
          thresholds by scale to find such layers; retraining repairs them.
        </p>
      )}
      {row !== undefined && (
        <>
          <fieldset className="image-choice" aria-label="Image">
            {comparison.rows.map((other, index) => (
              <button key={other.image} type="button" className="button small" aria-pressed={index === at} onClick={() => setAt(index)}>
                {other.image + 1}
              </button>
            ))}
            <span className="grow" />
            <span className="muted">differs by {real(row.largestDifference)}</span>
          </fieldset>
          <table className="top5">
            <thead>
              <tr>
                <th scope="col" className="right">
                  Class
                </th>
                <th scope="col" className="right">
                  Float
                </th>
                <th scope="col" className="right">
                  Class
                </th>
                <th scope="col" className="right">
                  {network === 'quantized' ? 'Quantized' : 'Retrained'}
                </th>
              </tr>
            </thead>
            <tbody>
              {row.float.map((entry, rank) => {
                const quantized = row.quantized[rank];
                const same = quantized?.index === entry.index;
                return (
                  <tr key={entry.index}>
                    <td className="right">{entry.index}</td>
                    <td className="right">{real(entry.value)}</td>
                    <td className={same ? 'right' : 'right warn'}>{quantized?.index ?? ''}</td>
                    <td className="right">{quantized === undefined ? '' : real(quantized.value)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
