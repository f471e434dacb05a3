import { createContext, useContext } from 'react';

/** What boxes and tags on the canvas can ask for. */
export interface CanvasActions {
  readonly toggle: (group: string) => void;
  /** The pointer rests on a quantizer (its group, or its own name where it shares with nobody), or left it. */
  readonly hover: (group: string | null) => void;
  readonly selectQuantizer: (quantizer: string, box: string) => void;
}

export const CanvasContext = createContext<CanvasActions>({ toggle: () => {}, hover: () => {}, selectQuantizer: () => {} });

export const useCanvas = (): CanvasActions => useContext(CanvasContext);
