import { useEffect, useState } from 'react';
import { type ErrorInfo, errorInfo, type NodeDetail } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';
import { useSelection } from '../state/selection.ts';
import { useView } from '../state/view.ts';

export type Inspected =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'loading'; readonly node: string }
  | { readonly kind: 'node'; readonly detail: NodeDetail }
  | { readonly kind: 'error'; readonly node: string; readonly error: ErrorInfo };

/** Details of the selected node at the stage on screen, read again when a run changed it. */
export function useNodeDetail(): Inspected {
  const node = useSelection((state) => state.node);
  const stage = useView((state) => state.stage);
  const generation = useDocument((state) => state.generation);
  const quantizers = useRun((state) => state.quantizers);
  const [inspected, setInspected] = useState<Inspected>({ kind: 'nothing' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another document or run makes the same node another one
  useEffect(() => {
    if (node === null) {
      setInspected({ kind: 'nothing' });
      return;
    }
    let current = true;
    // What is shown stays until the answer is there, unless it takes long enough to notice.
    const slow = setTimeout(() => setInspected({ kind: 'loading', node }), 150);
    engine()
      .inspect(stage, node)
      .then(
        (detail): Inspected => ({ kind: 'node', detail }),
        (thrown: unknown): Inspected => ({ kind: 'error', node, error: errorInfo(thrown) }),
      )
      .then((next) => {
        clearTimeout(slow);
        if (current) setInspected(next);
      });
    return () => {
      current = false;
      clearTimeout(slow);
    };
  }, [node, stage, generation, quantizers]);
  return inspected;
}
