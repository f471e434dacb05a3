import { useCommand } from '../commands/useCommand.ts';
import { pairedText, percent, rateText } from '../data/sentences.ts';
import { count, plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { Fact } from './Summary.tsx';

/** What the last evaluation says, float → quantized; before there is one, the way to it where images are open. */
export function Accuracy({ quantized }: { quantized: boolean }) {
  const images = useData((state) => state.summary?.count ?? null);
  const evaluation = useData((state) => state.evaluation);
  const stale = useData((state) => state.stale);
  const evaluate = useCommand('evaluate');
  const details = useCommand('show-accuracy');
  const confusion = useCommand('show-confusion');
  if (images === null || (evaluation === null && !quantized)) return null;
  if (evaluation === null) {
    return (
      <p className="result-hint offer">
        <button type="button" className="button small" disabled={!evaluate.enabled} onClick={evaluate.run}>
          Evaluate on {plural(images, 'image')}
        </button>
      </p>
    );
  }
  const [first, second] = evaluation.networks;
  const { comparison } = evaluation;
  const rates = evaluation.networks.flatMap(({ top1 }) => top1 ?? []);
  const top5 = evaluation.networks.flatMap((network) => network.top5 ?? []);
  return (
    <section className="result" aria-labelledby="accuracy">
      <header className="inspector-head">
        <h2 id="accuracy">Accuracy</h2>
        <span className="muted">{plural(evaluation.images, 'image')}</span>
      </header>
      <dl className="fact-list">
        {rates.length > 0 && (
          <Fact name="Top-1">
            <b>{rates.map(({ value, of }) => percent(value, of)).join(' → ')}</b>
          </Fact>
        )}
        {top5.length > 0 && <Fact name="Top-5">{top5.map(({ value, of }) => percent(value, of)).join(' → ')}</Fact>}
        {comparison?.agreement != null && <Fact name="Same answer">{rateText(comparison.agreement)}</Fact>}
        {comparison !== null && <Fact name="Changed">{count(comparison.changed.length)}</Fact>}
      </dl>
      {comparison?.top1 != null && first !== undefined && second !== undefined && (
        <p className="result-hint">{pairedText([first.title, second.title], comparison.top1, first.top1?.of ?? 0)}</p>
      )}
      {stale && <p className="result-hint warn">Something has changed since: evaluate again.</p>}
      <p className="result-hint">
        <button type="button" className="link" onClick={details.run}>
          Details
        </button>{' '}
        ·{' '}
        <button type="button" className="link" onClick={confusion.run}>
          Confusion
        </button>
      </p>
    </section>
  );
}
