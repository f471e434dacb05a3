import { Info } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { HistogramView, QuantizerRow } from '../../worker/protocol.ts';
import { quietly } from '../actions/jobs.ts';
import { useCommand } from '../commands/useCommand.ts';
import { engine } from '../engine/client.ts';
import { count, decibels, powerOfTwo, real, share, threshold } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { hoverGroup, showNode, useSelection } from '../state/selection.ts';
import { useView } from '../state/view.ts';
import { TrainedHere } from '../training/TrainedHere.tsx';
import { PathText } from '../ui/PathText.tsx';
import { BitsTag } from '../ui/Tag.tsx';
import { HistogramChart } from './HistogramChart.tsx';
import { LayerBits } from './LayerBits.tsx';
import { Fact } from './Summary.tsx';

/** A quantizer: what it saw, where its threshold lies, and what that costs. */
export function QuantizerPanel({ row, others }: { row: QuantizerRow; others: readonly QuantizerRow[] }) {
  const histogram = useHistogram(row);
  const open = useCommand('open');
  const images = useRun((state) => state.calibration?.images);
  return (
    <>
      {others.length > 1 && (
        <fieldset className="quantizer-choice" aria-label="Quantizers of this box">
          {others.map((other) => (
            <button
              key={other.name}
              type="button"
              className="button small"
              aria-pressed={other === row}
              title={other.name}
              onClick={() => useSelection.setState({ quantizer: other.name })}
            >
              {other.kind}
            </button>
          ))}
        </fieldset>
      )}
      <TrainedHere quantizer={row.name} />
      <LayerBits row={row} />
      {histogram === null ? (
        <p className="inspector-hint muted">
          {row.log2t === null
            ? 'No histogram: this quantizer has not been calibrated.'
            : `No histogram: the threshold was ${row.method === 'trained' ? 'trained' : 'loaded'}, not calibrated here.`}
        </p>
      ) : (
        <figure className="histogram">
          <HistogramChart histogram={histogram} row={row} />
          <figcaption className="muted">|x|, count on a log axis</figcaption>
        </figure>
      )}
      {row.rawThreshold === null || row.usedThreshold === null || row.exponent === null ? (
        <div className="inset">
          <div className="note warning">
            <b>Threshold not loaded.</b> Run the pipeline with calibration data, or add the checkpoint of this graph.
            <div className="actions">
              <button type="button" className="button small" onClick={open.run}>
                Add checkpoint…
              </button>
            </div>
          </div>
        </div>
      ) : (
        <dl className="fact-list">
          <Fact name="Threshold">
            <Threshold raw={row.rawThreshold} used={row.usedThreshold} />
          </Fact>
          <Fact name="Scale">
            {powerOfTwo(row.exponent)} = {real(2 ** row.exponent)} · {count(-row.exponent)} fraction bits
          </Fact>
          {row.clipped !== null && (
            <Fact name="Clipped">
              <span className={row.clipped > 0.01 ? 'warn' : undefined}>{share(row.clipped)}</span>
              {row.samples !== null && (
                <span className="muted">
                  {' '}
                  ({count(Math.round(row.clipped * row.samples))} of {count(row.samples)})
                </span>
              )}
            </Fact>
          )}
          {row.sqnrDb !== null && (
            <Fact name="SQNR">
              <b>{decibels(row.sqnrDb)}</b>
            </Fact>
          )}
          {row.method !== null && (
            <Fact name="Calibrated by">
              {ORIGINS[row.method] ?? row.method}
              {histogram !== null && row.method === 'KL-J' && ` · ${count(histogram.searchBins)} bins`}
              {ORIGINS[row.method] === undefined &&
                images !== undefined &&
                row.kind !== 'weight' &&
                row.kind !== 'bias' &&
                ` · ${count(images)} images`}
            </Fact>
          )}
          <Fact name="Rounding">{row.rounding}</Fact>
          <Fact name="Variable" mono>
            {row.threshold}
          </Fact>
        </dl>
      )}
      {row.notes.length > 0 && (
        <ul className="quantizer-notes" aria-label="Notes">
          {row.notes.map((note) => (
            <li key={note}>
              <Info aria-hidden />
              {note}
            </li>
          ))}
        </ul>
      )}
      {row.sharedWith.length > 0 && <Shared row={row} />}
    </>
  );
}

/** Thresholds that no calibration found. */
const ORIGINS: Readonly<Record<string, string>> = {
  loaded: 'loaded from the files',
  trained: 'training',
  searched: 'search by the answers',
};

function Threshold({ raw, used }: { raw: number; used: number }) {
  const [before, after] = threshold(raw, used).split(' → ');
  return (
    <>
      {before} → <b>{after}</b>
    </>
  );
}

function Shared({ row }: { row: QuantizerRow }) {
  const rows = useRun((state) => state.quantizers?.rows);
  const members = (rows ?? []).filter((other) => row.sharedWith.includes(other.name));
  return (
    <section className="part" onPointerEnter={() => hoverGroup(row.group ?? row.name)} onPointerLeave={() => hoverGroup(null)}>
      <h3 className="part-title">Shares its threshold with</h3>
      <ul>
        {members.map((other) => (
          <li key={other.name}>
            <button type="button" className="part-row" title={other.name} onClick={() => showNode(other.node, other.name)}>
              <BitsTag bits={other.bits} signed={other.signed} />
              <PathText>{other.source}</PathText>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useHistogram(row: QuantizerRow): HistogramView | null {
  const stage = useView((state) => state.stage);
  const [histogram, setHistogram] = useState<HistogramView | null>(null);
  // The row changes with every calibration: then its histogram is another one.
  useEffect(() => {
    let current = true;
    void quietly(() => engine().histogram(stage, row.name), null).then((found) => {
      if (current) setHistogram(found);
    });
    return () => {
      current = false;
    };
  }, [stage, row]);
  return histogram?.quantizer === row.name ? histogram : null;
}
