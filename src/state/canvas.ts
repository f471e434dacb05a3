import { create } from 'zustand';

/** What menus, keys and the palette may ask of the canvas; the canvas registers it while it is on screen. */
export interface CanvasControls {
  fit(): void;
  zoomIn(): void;
  zoomOut(): void;
}

export const useCanvas = create<{ readonly controls: CanvasControls | null }>(() => ({ controls: null }));

export function registerCanvas(controls: CanvasControls | null): void {
  useCanvas.setState({ controls });
}
