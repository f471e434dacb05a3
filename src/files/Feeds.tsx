import { plural } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { PathText } from '../ui/PathText.tsx';

/** Of a network with several inputs: the data that each is fed, and which have none. */
export function Feeds() {
  const feeds = useDocument((state) => state.feeds);
  if (feeds.length < 2) return null;
  const unfed = feeds.filter(({ array }) => array === null);
  const some = unfed.length < feeds.length;
  return (
    <>
      <h3 className="part-title">Calibration data by input</h3>
      <ul>
        {feeds.map(({ input, array, count }) => (
          <li key={input} className="feed-row" title={array === null ? input : `${input}: ${array}`}>
            <PathText>{input}</PathText>
            <span className={array === null && some ? 'warn' : 'muted'}>
              {array === null ? 'no data' : `${array} · ${plural(count, 'image')}`}
            </span>
          </li>
        ))}
      </ul>
      {unfed.length > 0 && (
        <p className="feed-hint muted">
          Data is matched by name: <span className="mono">{unfed.map(({ input }) => `${input.replaceAll('/', '_')}.npy`).join(', ')}</span>,
          or one <span className="mono">.npz</span> with an array per input.
        </p>
      )}
    </>
  );
}
