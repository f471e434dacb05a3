import type { Evaluation, NetworkScore } from '../../worker/protocol.ts';
import { count, duration, fixed, plural } from '../format/numbers.ts';
import { rateText } from './sentences.ts';

/** Each network with its rates and their 95 % intervals; what there is no label for is an empty cell. */
export function ScoreTable({ evaluation }: { evaluation: Evaluation }) {
  const { networks, images, leftOut, backend, ms } = evaluation;
  const scored = networks.some(({ top1 }) => top1 !== null);
  return (
    <figure className="data-scores">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Network</th>
            <th scope="col" className="right">
              Images
            </th>
            {scored && (
              <>
                <th scope="col" className="right">
                  Top-1 (95 %)
                </th>
                <th scope="col" className="right">
                  Top-5 (95 %)
                </th>
                <th scope="col" className="right">
                  Loss
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {networks.map((network, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two networks may bear the same title
            <Row key={index} network={network} images={images} scored={scored} />
          ))}
        </tbody>
      </table>
      <figcaption className="muted">
        {duration(ms)} · {backend}
        {leftOut.count > 0 && (
          <span className="warn" title={leftOut.first.map(({ name, error }) => `${name}: ${error.cause}`).join('\n')}>
            {' '}
            · {plural(leftOut.count, 'image')} left out: {leftOut.first.map(({ name }) => name).join(', ')}
            {leftOut.count > leftOut.first.length && ' …'}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function Row({
  network: { title, top1, top5, loss, scored: output },
  images,
  scored,
}: {
  network: NetworkScore;
  images: number;
  scored: boolean;
}) {
  return (
    <tr>
      <th scope="row" title={output === null ? undefined : `${output.output}, ${output.classes} classes`}>
        {title}
      </th>
      <td className="right">{count(top1?.of ?? images)}</td>
      {scored && (
        <>
          <td className="right">{top1 !== null && rateText(top1)}</td>
          <td className="right">{top5 !== null && rateText(top5)}</td>
          <td
            className="right"
            title={
              loss === null || !Number.isFinite(loss.high - loss.low) ? undefined : `95 %: ${fixed(loss.low, 3)} … ${fixed(loss.high, 3)}`
            }
          >
            {loss !== null && fixed(loss.value, 3)}
          </td>
        </>
      )}
    </tr>
  );
}
