import type { ReactNode } from 'react';
import type { ErrorCode, ErrorInfo } from '../../worker/protocol.ts';
import { useDocument } from '../state/document.ts';
import { showNode } from '../state/selection.ts';

/** Errors that are about a node of the graph: its name leads there. */
const ABOUT_NODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'graph-control-flow',
  'node-malformed',
  'op-unsupported',
  'op-training',
  'shape-mismatch',
  'quantizer-conflict',
  'threshold-missing',
]);

/** An error where it belongs: what it is about, the cause, the way out, and what can be done about it right here. */
export function ErrorNote({ error, tone = 'failed', children }: { error: ErrorInfo; tone?: 'failed' | 'warning'; children?: ReactNode }) {
  return (
    <div className={`note ${tone}`} role="alert">
      {error.about !== undefined && <About error={error} about={error.about} />} {error.cause}{' '}
      {error.remedy !== undefined && <span>{error.remedy}</span>}
      {children !== undefined && <div className="actions">{children}</div>}
    </div>
  );
}

function About({ error, about }: { error: ErrorInfo; about: string }) {
  const opened = useDocument((state) => state.summary !== null);
  if (!opened || !ABOUT_NODES.has(error.code)) return <b className="mono">{about}</b>;
  return (
    <button type="button" className="link mono" onClick={() => showNode(about)}>
      {about}
    </button>
  );
}
