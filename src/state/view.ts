import { create } from 'zustand';
import type { Reading, Stage } from '../../worker/protocol.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type InspectorTab = 'summary' | 'values' | 'histogram' | 'why';
export type BottomTab = 'thresholds' | 'training' | 'data' | 'log';
export type Panel = 'left' | 'right' | 'bottom';

interface ViewState {
  readonly theme: ThemeChoice;
  readonly reading: Reading;
  /** The stage on screen: 0 is the graph as opened. */
  readonly stage: Stage;
  readonly inspectorTab: InspectorTab;
  readonly bottomTab: BottomTab;
  readonly collapsed: Readonly<Record<Panel, boolean>>;
  readonly paletteOpen: boolean;
  /** Layer boxes on the canvas; 0 in the reading of nodes. */
  readonly layersShown: number;
}

const STORAGE_KEY = 'graffitist-studio.view';

function remembered(): Partial<Pick<ViewState, 'theme' | 'reading' | 'collapsed'>> {
  try {
    const stored = JSON.parse(globalThis.localStorage?.getItem(STORAGE_KEY) ?? '{}') as Partial<ViewState>;
    return {
      ...(stored.theme === 'light' || stored.theme === 'dark' ? { theme: stored.theme } : {}),
      ...(stored.reading === 'nodes' ? { reading: stored.reading } : {}),
      ...(stored.collapsed === undefined ? {} : { collapsed: { ...NOTHING_COLLAPSED, ...stored.collapsed } }),
    };
  } catch {
    return {};
  }
}

const NOTHING_COLLAPSED: ViewState['collapsed'] = { left: false, right: false, bottom: false };

export const useView = create<ViewState>(() => ({
  theme: 'system',
  reading: 'layers',
  stage: 0,
  inspectorTab: 'summary',
  bottomTab: 'thresholds',
  collapsed: NOTHING_COLLAPSED,
  paletteOpen: false,
  layersShown: 0,
  ...remembered(),
}));

export const setView = (change: Partial<ViewState>): void => useView.setState(change);

export function setCollapsed(panel: Panel, collapsed: boolean): void {
  useView.setState((state) => (state.collapsed[panel] === collapsed ? state : { collapsed: { ...state.collapsed, [panel]: collapsed } }));
}

/** The theme on screen. */
export function resolvedTheme(choice: ThemeChoice): 'light' | 'dark' {
  if (choice !== 'system') return choice;
  return globalThis.matchMedia?.('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function toggleTheme(): void {
  setView({ theme: resolvedTheme(useView.getState().theme) === 'dark' ? 'light' : 'dark' });
}

/** Keeps `data-theme` on the root in step with the choice and the system, and remembers what should outlive the tab. */
export function watchView(): void {
  const apply = (): void => {
    document.documentElement.dataset.theme = resolvedTheme(useView.getState().theme);
  };
  apply();
  globalThis.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  useView.subscribe((state, before) => {
    if (state.theme !== before.theme) apply();
    const { theme, reading, collapsed } = state;
    if (theme === before.theme && reading === before.reading && collapsed === before.collapsed) return;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify({ theme, reading, collapsed }));
    } catch {
      // Storage may be full or forbidden; the choice then lasts as long as the tab.
    }
  });
}
