import 'reactflow/dist/base.css';
import './canvas.css';
import './boxes.css';
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ReactFlow, ReactFlowProvider, useReactFlow, ViewportPortal } from 'reactflow';
import type { Reading, Scene, SceneNode } from '../../worker/protocol.ts';
import { type BoxNode, BoxView } from './BoxView.tsx';
import { type CanvasActions, CanvasContext } from './CanvasContext.ts';
import { describeBox, hintOf } from './describe.ts';
import { useDrawnArea } from './drawnArea.ts';
import { FarCanvas } from './FarCanvas.tsx';
import { Minimap } from './Minimap.tsx';
import { boxAt, makePicture, markedGroups } from './picture.ts';
import { TintLegend } from './TintLegend.tsx';
import { Toolbar } from './Toolbar.tsx';
import { usePanLayer } from './usePanLayer.ts';
import { type Focus, useViewport, ZOOM } from './useViewport.ts';
import { useVisibleBoxes } from './useVisibleBoxes.ts';
import { WireLayer } from './WireLayer.tsx';
import { type Step, step } from './walk.ts';

export type { Focus } from './useViewport.ts';

export interface GraphCanvasProps {
  /** What to draw; null while there is none. */
  readonly scene: Scene | null;
  readonly reading: Reading;
  readonly onReading: (reading: Reading) => void;
  /** Id of the selected box or group of the scene. */
  readonly selection: string | null;
  /** A box was chosen (null: none), and the quantizer on it where a tag was meant. */
  readonly onSelect: (box: SceneNode | null, quantizer: string | null) => void;
  /** Opens a closed group, closes an open one. */
  readonly onToggleGroup: (id: string, open: boolean) => void;
  /** Shared threshold (or quantizer without one) to mark, whoever hovers it. */
  readonly hoverGroup: string | null;
  readonly onHoverGroup: (group: string | null) => void;
  /** A box to bring into view; a new `at` asks again. */
  readonly focus?: Focus | null;
  /** What is wrong with a box, by its id. */
  readonly errors?: ReadonlyMap<string, string>;
  /** Bins that the thresholds of a box moved, by its id: it is tinted. The same map while it says the same. */
  readonly tints?: ReadonlyMap<string, number>;
  /** Hands out what menus and keys outside may ask of the view, and takes it back (null). */
  readonly onControls?: (controls: CanvasControls | null) => void;
}

export interface CanvasControls {
  readonly fit: () => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
}

/** The graph as a picture to walk around in: React Flow for view and boxes, our layout for every place. */
export function GraphCanvas(props: GraphCanvasProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

const NODE_TYPES = { box: BoxView };
const NO_EDGES: [] = [];

function Canvas({
  scene,
  reading,
  onReading,
  selection,
  onSelect,
  onToggleGroup,
  hoverGroup,
  onHoverGroup,
  focus,
  errors,
  tints,
  onControls,
}: GraphCanvasProps) {
  const flow = useReactFlow();
  const [root, setRoot] = useState<HTMLElement | null>(null);
  const [hovered, setHovered] = useState<{ readonly node: SceneNode; readonly x: number; readonly y: number } | null>(null);
  const picture = useMemo(() => (scene === null ? null : makePicture(scene)), [scene]);
  const toggled = useRef<string | null>(null);
  const { area, detail } = useDrawnArea();
  usePanLayer(root);
  const { fitAll, show } = useViewport(picture, selection, toggled, focus ?? null);
  const marked = useMemo(
    () => (picture === null ? new Set<string>() : markedGroups(picture, hoverGroup, selection)),
    [picture, hoverGroup, selection],
  );

  useEffect(() => {
    onControls?.({ fit: fitAll, zoomIn: () => void flow.zoomIn(), zoomOut: () => void flow.zoomOut() });
    return () => onControls?.(null);
  }, [onControls, fitAll, flow]);

  const toggle = useCallback(
    (id: string) => {
      const node = picture?.byId.get(id);
      if (node?.kind !== 'group') return;
      toggled.current = id;
      onToggleGroup(id, !node.open);
    },
    [picture, onToggleGroup],
  );
  const actions = useMemo<CanvasActions>(
    () => ({
      toggle,
      hover: onHoverGroup,
      selectQuantizer: (quantizer, box) => onSelect(picture?.byId.get(box) ?? null, quantizer),
    }),
    [toggle, onHoverGroup, onSelect, picture],
  );

  const far = detail === 'far';
  const { nodes, complete } = useVisibleBoxes(far ? null : picture, area, selection, marked, errors, tints);
  const wires = useMemo(
    () => (far || picture === null ? [] : picture.wires.within(area).flatMap((entry) => picture.scene.edges[entry] ?? [])),
    [far, picture, area],
  );
  const frames = useMemo(() => nodes.flatMap(({ data }) => (data.node.open ? [data.node] : [])), [nodes]);

  const nodeUnder = (event: MouseEvent | PointerEvent): SceneNode | null => {
    if (picture === null) return null;
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    return boxAt(picture, x, y);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (picture === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    const selected = selection === null ? undefined : picture.byId.get(selection);
    const choose = (id: string | null) => {
      const node = id === null ? undefined : picture.byId.get(id);
      if (node === undefined) return;
      onSelect(node, null);
      show(node);
    };
    if (direction !== undefined) choose(step(picture, selection, direction));
    else if (event.key === 'Enter' && selected?.kind === 'group') toggle(selected.id);
    else if (event.key === 'Escape') {
      const around = selected?.open === true ? selected.id : selected?.parent;
      if (around === undefined || around === null) onSelect(null, null);
      else {
        toggled.current = around;
        onSelect(picture.byId.get(around) ?? null, null);
        onToggleGroup(around, false);
      }
    } else if (event.key === '+' || event.key === '=') void flow.zoomIn();
    else if (event.key === '-') void flow.zoomOut();
    else if (event.key === '0') fitAll();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const selected = selection === null ? undefined : picture?.byId.get(selection);
  return (
    <CanvasContext.Provider value={actions}>
      <div
        ref={setRoot}
        className={`graph-canvas ${detail}`}
        role="application"
        aria-label="Graph"
        aria-describedby="graph-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: role application takes the focus
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <p id="graph-keys" className="visually-hidden">
          Arrow keys move along wires and rows, Enter opens or closes a group, Escape leaves it, plus and minus zoom, 0 fits the whole
          graph.
        </p>
        <output className="visually-hidden" aria-live="polite">
          {selected === undefined ? '' : describeBox(selected, picture?.labels.get(selected.id), tints?.get(selected.id))}
        </output>
        {(far || !complete) && picture !== null && (
          <FarCanvas picture={picture} root={root} marks={{ selection, hovered: hovered?.node.id ?? null, marked, tints }} />
        )}
        <ReactFlow<BoxNode>
          nodes={nodes}
          edges={NO_EDGES}
          nodeTypes={NODE_TYPES}
          minZoom={ZOOM.least}
          maxZoom={ZOOM.most}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panOnScroll
          zoomOnDoubleClick={false}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, { data }) => onSelect(data.node, null)}
          onNodeDoubleClick={(_, { data }) => toggle(data.node.id)}
          onPaneClick={(event) => onSelect(nodeUnder(event), null)}
          onPaneMouseMove={(event) => {
            if (!far) return;
            const node = nodeUnder(event);
            setHovered(node === null ? null : { node, x: event.clientX, y: event.clientY });
          }}
          onPaneMouseLeave={() => setHovered(null)}
          onDoubleClick={(event) => {
            const node = far ? nodeUnder(event) : null;
            if (node !== null) toggle(node.id);
          }}
        >
          {!far && (
            <ViewportPortal>
              <WireLayer area={area} frames={frames} wires={wires} selection={selection} marked={marked} />
            </ViewportPortal>
          )}
        </ReactFlow>
        <Toolbar picture={picture} reading={reading} onReading={onReading} onFit={fitAll} />
        {(tints?.size ?? 0) > 0 && <TintLegend />}
        {picture !== null && <Minimap picture={picture} root={root} />}
        {far && hovered !== null && root !== null && <FarHint root={root} {...hovered} />}
      </div>
    </CanvasContext.Provider>
  );
}

const ARROWS: Readonly<Record<string, Step>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

/** Name and facts of the box under the pointer where boxes are too small to say them. */
function FarHint({ root, node, x, y }: { root: HTMLElement; node: SceneNode; x: number; y: number }) {
  const bounds = root.getBoundingClientRect();
  const hint = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const width = hint.current?.offsetWidth ?? 0;
    if (hint.current !== null) hint.current.style.left = `${Math.max(8, Math.min(x - bounds.left + 12, bounds.width - width - 8))}px`;
  }, [x, bounds.left, bounds.width]);
  return (
    <div ref={hint} className="surface tooltip graph-hint" style={{ top: y - bounds.top + 14 }} title={hintOf(node)}>
      <b>{node.title}</b>
      <span className="muted">{node.subtitle}</span>
    </div>
  );
}
