import { useEffect } from 'react';
import { useDocument } from '../state/document.ts';
import { useTraining } from '../state/training.ts';

const PRODUCT = document.title;

/** The browser's tab says which document is open, and how far its training is: a run takes long enough to look at something else. */
export function useTitle(): void {
  const name = useDocument((state) => state.summary?.name ?? null);
  const part = useTraining(({ run }) => (run?.state === 'running' ? Math.floor((100 * run.step) / run.setup.steps) : null));
  useEffect(() => {
    document.title = name === null ? PRODUCT : `${part === null ? '' : `${part} % · `}${name} · ${PRODUCT}`;
  }, [name, part]);
}
