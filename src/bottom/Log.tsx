import { useEffect, useRef } from 'react';
import { clearLog, type LogEntry, useLog } from '../state/log.ts';

export function LogTools() {
  const entries = useLog((state) => state.entries);
  if (entries.length === 0) return null;
  return (
    <div className="bottom-tools">
      <button
        type="button"
        className="button ghost small"
        onClick={() => void navigator.clipboard.writeText(entries.map(asLine).join('\n'))}
      >
        Copy
      </button>
      <button type="button" className="button ghost small" onClick={clearLog}>
        Clear
      </button>
    </div>
  );
}

/** What happened, newest last; errors with their code. */
export function LogList() {
  const entries = useLog((state) => state.entries);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new entry is brought into sight
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [entries]);
  if (entries.length === 0) return <p className="bottom-hint muted">Nothing has happened yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className="log" role="log" aria-label="Log" tabIndex={0}>
      {entries.map((entry) => (
        <div key={entry.id} className={`log-row ${entry.level}`}>
          <time className="muted">{timeOf(entry)}</time>
          <span className="log-text">{entry.text}</span>
          {entry.code !== null && <span className="log-code mono">{entry.code}</span>}
        </div>
      ))}
      <div ref={end} />
    </div>
  );
}

function timeOf({ at }: LogEntry): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

function asLine(entry: LogEntry): string {
  return `${timeOf(entry)} ${entry.level}${entry.code === null ? '' : ` [${entry.code}]`} ${entry.text}`;
}
