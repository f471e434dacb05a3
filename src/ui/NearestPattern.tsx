import { Fragment } from 'react';
import type { Skip } from '../../worker/protocol.ts';

interface Props {
  readonly nearest: NonNullable<Skip['nearest']>;
  readonly onOpen: (node: string) => void;
}

/** The pattern that a node in float comes nearest to: what is there of it, what is not, and the edge where they part. */
export function NearestPattern({ nearest: { pattern, matched, matchedUpTo }, onOpen }: Props) {
  const [first, end] = matched;
  const parts = pattern.split(' → ');
  return (
    <div className="nearest">
      <p>
        <span className="nearest-word">Nearest</span>{' '}
        {parts.map((part, index) => {
          const there = index >= first && index < end;
          return (
            <Fragment key={part}>
              {index > 0 && <span className="nearest-arrow"> → </span>}
              {there ? (
                <b>{part}</b>
              ) : (
                <span className="nearest-missing">
                  {part}
                  <span className="visually-hidden"> (not there)</span>
                </span>
              )}
            </Fragment>
          );
        })}
      </p>
      {matchedUpTo === null ? (
        <p>
          <span className="nearest-word">Stops</span> where the network ends
        </p>
      ) : (
        <p>
          <span className="nearest-word">Stops at</span> <NodeLink name={matchedUpTo.from} onOpen={onOpen} />
          <span className="nearest-arrow"> → </span>
          <NodeLink name={matchedUpTo.to} onOpen={onOpen} />
        </p>
      )}
    </div>
  );
}

/** A node's name that leads to it. */
export function NodeLink({ name, onOpen }: { name: string; onOpen: (node: string) => void }) {
  return (
    <button type="button" className="link mono node-link" onClick={() => onOpen(name)}>
      {name}
    </button>
  );
}
