import { create } from 'zustand';
import type { PipelineFault } from '../../worker/protocol.ts';

export type DragSource =
  | { readonly kind: 'palette'; readonly transform: string }
  | { readonly kind: 'card'; readonly id: string; readonly transform: string };

/** A card or transform under the pointer. */
export interface Drag {
  readonly source: DragSource;
  readonly x: number;
  readonly y: number;
  /** Where it would land; null: not over the pipeline. */
  readonly index: number | null;
  /** Why it may not stand there. */
  readonly fault: PipelineFault | null;
}

export const useDrag = create<{ readonly drag: Drag | null }>(() => ({ drag: null }));
