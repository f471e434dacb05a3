import type { ReactNode } from 'react';
import type { ErrorInfo } from '../../worker/protocol.ts';

/** An error where it belongs: what it is about, the cause, the way out, and what can be done about it right here. */
export function ErrorNote({ error, tone = 'failed', children }: { error: ErrorInfo; tone?: 'failed' | 'warning'; children?: ReactNode }) {
  return (
    <div className={`note ${tone}`} role="alert">
      {error.about !== undefined && <b className="mono">{error.about} </b>}
      {error.cause} {error.remedy !== undefined && <span>{error.remedy}</span>}
      {children !== undefined && <div className="actions">{children}</div>}
    </div>
  );
}
