import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { DataWarning, ErrorInfo } from '../../worker/protocol.ts';
import { bytes, count, plural } from '../format/numbers.ts';
import { setImages, useData } from '../state/data.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { ruleSentence } from './imageRuleWords.ts';

/** What was wrong with the files, labels or rule given last; the open set is as it was. */
export function DataError() {
  const error = useData((state) => state.error);
  if (error === null) return null;
  return <Dismissible error={error} onDismiss={() => useData.setState({ error: null })} />;
}

/** An error that can be put away. */
export function Dismissible({ error, onDismiss, children }: { error: ErrorInfo; onDismiss: () => void; children?: ReactNode }) {
  return (
    <div className="dismissible data-note">
      <ErrorNote error={error}>{children}</ErrorNote>
      <button type="button" className="button ghost small icon" aria-label="Dismiss" onClick={onDismiss}>
        <X />
      </button>
    </div>
  );
}

/** A set of the last session that was too large to keep. */
export function AskedAgain() {
  const askedAgain = useData((state) => state.askedAgain);
  if (askedAgain === null) return null;
  return (
    <p className="note warning data-note">
      The last session had {askedAgain.title} ({plural(askedAgain.count, 'image')}, {bytes(askedAgain.bytes)}) open, too much to keep in
      this browser. Open it again to go on.
    </p>
  );
}

/** What a person should know before a long run; where a rule for images mends it, one click takes that. */
export function DataWarnings({ warnings }: { warnings: readonly DataWarning[] }) {
  return (
    <>
      {warnings.map((warning) => (
        <WarningNote key={`${warning.rule} ${warning.text}`} warning={warning} />
      ))}
    </>
  );
}

function WarningNote({ warning: { rule, text, remedy, images } }: { warning: DataWarning }) {
  const sentence = images === undefined ? '' : ruleSentence(images, null);
  return (
    <div className="note warning data-note" role="note">
      {text} {remedy} <span className="rule">{rule}</span>
      {images !== undefined && (
        <div className="actions">
          <button type="button" className="button small" title={sentence} onClick={() => setImages(images)}>
            Take {images.name === 'custom' ? 'this preprocessing' : images.name}
          </button>
        </div>
      )}
    </div>
  );
}

/** Files that are not part of the set, by name, each with its reason. */
export function LeftOutList() {
  const leftOut = useData((state) => state.summary?.leftOut);
  const [listed, setListed] = useState(false);
  if (leftOut === undefined || leftOut.count === 0) return null;
  return (
    <div className="left-out">
      <button type="button" className="link warn" aria-expanded={listed} onClick={() => setListed(!listed)}>
        {plural(leftOut.count, 'file')} left out
      </button>
      {listed && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable by keyboard
        <ul className="left-out-list" tabIndex={0} aria-label="Files left out">
          {leftOut.first.map(({ name, error }) => (
            <li key={`${name} ${error.cause}`} title={error.remedy}>
              <span className="mono">{name}</span> <span className="muted">{error.cause}</span>
            </li>
          ))}
          {leftOut.count > leftOut.first.length && <li className="muted">and {count(leftOut.count - leftOut.first.length)} more</li>}
        </ul>
      )}
    </div>
  );
}
