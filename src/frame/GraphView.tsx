import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { errorText, type Scene, type SceneNode } from '../../worker/protocol.ts';
import { quietly } from '../actions/jobs.ts';
import { changeReading } from '../actions/stages.ts';
import { engine } from '../engine/client.ts';
import { type Focus, GraphCanvas } from '../graph/GraphCanvas.tsx';
import { registerCanvas } from '../state/canvas.ts';
import { useRun } from '../state/run.ts';
import { askPick, boxFound, clickBox, hoverGroup, useSelection } from '../state/selection.ts';
import { setView, useView } from '../state/view.ts';
import { useTints } from '../training/useTints.ts';
import { useScene } from './useScene.ts';

/** The canvas, wired to selection, stages and the engine. */
export function GraphView() {
  const reading = useView((state) => state.reading);
  const { scene, slow, setOpen } = useScene();
  const boxes = useMemo(() => boxesByNode(scene), [scene]);
  const selected = useSelection((state) => state.box ?? (state.node === null ? null : (boxes.get(state.node) ?? null)));
  const node = useSelection((state) => state.node);
  const hovered = useSelection((state) => state.hoveredGroup);
  const touched = useSelection((state) => state.touched);
  const focus = useRevealed(scene, setOpen);
  const errors = useErrors(boxes);
  const tints = useTints(scene);
  const picture = useMemo(() => withTouched(scene, touched), [scene, touched]);

  useEffect(() => {
    if (scene === null) return;
    setView({ layersShown: scene.nodes.filter((each) => each.kind === 'layer').length });
    // A box of the former picture is another object in this one, or gone.
    const { box } = useSelection.getState();
    if (node !== null) boxFound(boxes.get(node) ?? null);
    else if (box !== null) boxFound(scene.nodes.find((each) => each.id === box.id) ?? null);
  }, [scene, boxes, node]);

  const toggle = useCallback(
    (id: string, open: boolean) => {
      const groups = (scene?.nodes ?? []).filter((each) => each.open).map((each) => each.id);
      setOpen(open ? [...groups, id] : groups.filter((group) => group !== id));
    },
    [scene, setOpen],
  );

  return (
    <>
      <GraphCanvas
        scene={picture}
        reading={reading}
        onReading={changeReading}
        selection={selected?.id ?? null}
        onSelect={select}
        onToggleGroup={toggle}
        hoverGroup={hovered}
        onHoverGroup={hoverGroup}
        focus={focus}
        errors={errors}
        tints={tints}
        onControls={registerCanvas}
      />
      <PickPrompt />
      {slow && (
        <div className="canvas-note" role="status">
          <span className="spinner" /> Laying out…
        </div>
      )}
    </>
  );
}

/** A click on a tag asks for its quantizer. */
function select(box: SceneNode | null, quantizer: string | null): void {
  if (quantizer !== null) setView({ inspectorTab: 'histogram' });
  clickBox(box, quantizer);
}

/** While a question waits for a click on the graph. */
function PickPrompt() {
  const pick = useSelection((state) => state.pick);
  useEffect(() => {
    if (pick === null) return;
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      askPick(null);
    };
    window.addEventListener('keydown', key, true);
    return () => window.removeEventListener('keydown', key, true);
  }, [pick]);
  if (pick === null) return null;
  return (
    <div className="canvas-note" role="status">
      {pick.prompt}
      <button type="button" className="button small" onClick={() => askPick(null)}>
        Cancel <kbd>Esc</kbd>
      </button>
    </div>
  );
}

/** The box that stands for each node: the innermost one that is drawn closed. */
function boxesByNode(scene: Scene | null): ReadonlyMap<string, SceneNode> {
  const boxes = new Map<string, SceneNode>();
  for (const box of scene?.nodes ?? []) {
    if (box.open) continue;
    for (const member of box.members) boxes.set(member, box);
    if (box.kind !== 'group') boxes.set(box.id, box);
  }
  return boxes;
}

/** Boxes carry the dot of a change only while its step is hovered: after quantize nearly every box is changed. */
function withTouched(scene: Scene | null, touched: ReadonlySet<string>): Scene | null {
  if (scene === null) return null;
  const isTouched = (box: SceneNode): boolean => touched.size > 0 && box.members.some((member) => touched.has(member));
  return { ...scene, nodes: scene.nodes.map((box) => (box.changed === isTouched(box) ? box : { ...box, changed: !box.changed })) };
}

/** Opens the groups that hide the node asked for; when it is in the picture, the canvas goes there. */
function useRevealed(scene: Scene | null, setOpen: (open: readonly string[]) => void): Focus | null {
  const request = useSelection((state) => state.focus);
  const [focus, setFocus] = useState<Focus | null>(null);
  const answered = useRef<number>(request?.seq ?? 0);
  useEffect(() => {
    if (request === null || scene === null || answered.current === request.seq) return;
    const { stage, reading } = useView.getState();
    // The picture of another reading or stage is on its way out.
    if (scene.stage !== stage || scene.reading !== reading) return;
    answered.current = request.seq;
    void quietly(() => engine().reveal(stage, reading, request.node), null).then((revealed) => {
      if (revealed === null) return;
      const open = new Set(scene.nodes.filter((box) => box.open).map((box) => box.id));
      const hidden = revealed.open.filter((group) => !open.has(group));
      if (hidden.length > 0) setOpen([...open, ...hidden]);
      setFocus({ id: revealed.id, at: request.seq });
    });
  }, [request, scene, setOpen]);
  return focus;
}

/** What was refused at a node of this picture. */
function useErrors(boxes: ReadonlyMap<string, SceneNode>): ReadonlyMap<string, string> {
  const ran = useRun((state) => state.ran);
  const failed = useRun((state) => state.error);
  return useMemo(() => {
    const errors = new Map<string, string>();
    for (const error of [failed, ...(ran?.report.steps ?? []).map((step) => step.error)]) {
      if (error === null || error === undefined) continue;
      const box = error.about === undefined ? undefined : boxes.get(error.about);
      if (box !== undefined) errors.set(box.id, errorText(error));
    }
    return errors;
  }, [ran, failed, boxes]);
}
