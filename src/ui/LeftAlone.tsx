import type { Skip } from '../../worker/protocol.ts';
import { touch } from '../state/selection.ts';
import { NearestPattern, NodeLink } from './NearestPattern.tsx';

/** A node that was left alone: why, where it leaves the nearest pattern, and the mend. */
export function LeftAlone({ skip, onOpen }: { skip: Skip; onOpen: (node: string) => void }) {
  const { node, reason, remedy, nearest } = skip;
  return (
    <li className="left-alone" onPointerEnter={() => touch([node])} onPointerLeave={() => touch(null)}>
      <NodeLink name={node} onOpen={onOpen} />
      <p>{sentence(reason)}</p>
      {nearest !== undefined && <NearestPattern nearest={nearest} onOpen={onOpen} />}
      {remedy !== undefined && (
        <p>
          <span className="nearest-word">Mend</span> {remedy}
        </p>
      )}
    </li>
  );
}

/** A reason as a sentence of its own. */
export function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${/[.!?]$/.test(reason) ? '' : '.'}`;
}
