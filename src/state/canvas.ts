import { create } from 'zustand';
import type { CanvasControls } from '../graph/GraphCanvas.tsx';

/** What commands may ask of the canvas while it is on screen. */
export const useCanvas = create<{ readonly controls: CanvasControls | null }>(() => ({ controls: null }));

export function registerCanvas(controls: CanvasControls | null): void {
  useCanvas.setState({ controls });
}
