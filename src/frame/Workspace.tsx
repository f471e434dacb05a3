import { type ReactNode, useEffect } from 'react';
import { Group, Panel as ResizablePanel, Separator, useDefaultLayout, usePanelRef } from 'react-resizable-panels';
import { Bottom } from '../bottom/Bottom.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { type Panel, setCollapsed, useView } from '../state/view.ts';
import { GraphView } from './GraphView.tsx';
import { LeftPanel } from './LeftPanel.tsx';

/** The panels around the graph. Sizes are kept by the library's layouts, what is collapsed by the view. */
export function Workspace() {
  const columns = useDefaultLayout({ id: 'columns', panelIds: ['left', 'rest'] });
  const rows = useDefaultLayout({ id: 'rows', panelIds: ['upper', 'bottom'] });
  const upper = useDefaultLayout({ id: 'upper', panelIds: ['centre', 'right'] });
  return (
    <Group
      id="columns"
      className="workspace"
      orientation="horizontal"
      defaultLayout={columns.defaultLayout}
      onLayoutChanged={columns.onLayoutChanged}
    >
      <Side id="left" size={280} min={240} max={460}>
        <LeftPanel />
      </Side>
      <Separator id="left-edge" className="edge vertical" aria-label="Resize files and pipeline" />
      <ResizablePanel id="rest" minSize={400}>
        <Group id="rows" orientation="vertical" defaultLayout={rows.defaultLayout} onLayoutChanged={rows.onLayoutChanged}>
          <ResizablePanel id="upper" minSize={200}>
            <Group id="upper-columns" orientation="horizontal" defaultLayout={upper.defaultLayout} onLayoutChanged={upper.onLayoutChanged}>
              <ResizablePanel id="centre" minSize={320}>
                <main className="centre" aria-label="Graph">
                  <GraphView />
                </main>
              </ResizablePanel>
              <Separator id="right-edge" className="edge vertical" aria-label="Resize inspector" />
              <Side id="right" size={340} min={280} max={560}>
                <Inspector />
              </Side>
            </Group>
          </ResizablePanel>
          <Separator id="bottom-edge" className="edge horizontal" aria-label="Resize thresholds, training, data and log" />
          <Side id="bottom" size={214} min={120} max={600}>
            <Bottom />
          </Side>
        </Group>
      </ResizablePanel>
    </Group>
  );
}

/** A panel that keeps its pixels when the window changes, and collapses by its edge or by command. */
function Side({ id, size, min, max, children }: { id: Panel; size: number; min: number; max: number; children: ReactNode }) {
  const handle = usePanelRef();
  const collapsed = useView((state) => state.collapsed[id]);
  useEffect(() => {
    const panel = handle.current;
    if (panel === null || panel.isCollapsed() === collapsed) return;
    if (collapsed) panel.collapse();
    else panel.expand();
  }, [collapsed, handle]);
  return (
    <ResizablePanel
      id={id}
      className="side"
      collapsible
      collapsedSize={0}
      defaultSize={size}
      minSize={min}
      maxSize={max}
      groupResizeBehavior="preserve-pixel-size"
      panelRef={handle}
      onResize={(now, _id, before) => {
        if (before !== undefined) setCollapsed(id, now.inPixels < 1);
      }}
    >
      {!collapsed && children}
    </ResizablePanel>
  );
}
