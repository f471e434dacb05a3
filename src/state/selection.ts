import { create } from 'zustand';
import type { SceneNode } from '../../worker/protocol.ts';

interface SelectionState {
  /** A node of the graph on screen; the canvas finds the box that stands for it. */
  readonly node: string | null;
  /** The box on the canvas: the one that stands for `node`, or a group, which stands for no single node. */
  readonly box: SceneNode | null;
  /** The quantizer at hand, by name; its node is `node` or a member of the same box. */
  readonly quantizer: string | null;
  /** Threshold group under the pointer: its members are shown as related. */
  readonly hoveredGroup: string | null;
  /** Nodes that the hovered step or change touched: their boxes carry a dot. */
  readonly touched: ReadonlySet<string>;
  /** Asks the canvas to open groups and pan until this node is seen; `seq` makes every request new. */
  readonly focus: { readonly node: string; readonly seq: number } | null;
  /** While set, the next click on the graph answers a question instead of selecting. */
  readonly pick: Pick | null;
}

export interface Pick {
  /** "Pick an input", shown over the graph. */
  readonly prompt: string;
  /** Of the box that was clicked: its node, and all nodes that it stands for. */
  readonly answer: (node: string, members: readonly string[]) => void;
}

const NO_NODES: ReadonlySet<string> = new Set();

export const useSelection = create<SelectionState>(() => ({
  node: null,
  box: null,
  quantizer: null,
  hoveredGroup: null,
  touched: NO_NODES,
  focus: null,
  pick: null,
}));

/** Selects without moving the picture: for clicks on the graph. Answers a pending pick instead where there is one. */
export function clickBox(box: SceneNode | null, quantizer: string | null): void {
  const { pick } = useSelection.getState();
  const node = box === null || box.kind === 'group' ? null : box.id;
  if (pick !== null && node !== null) {
    useSelection.setState({ pick: null });
    pick.answer(node, membersOf(box));
    return;
  }
  useSelection.setState({ node, box, quantizer });
}

/** Selects and brings into sight: for rows, search hits and reports. */
export function showNode(node: string, quantizer: string | null = null): void {
  useSelection.setState((state) => ({ node, quantizer, box: null, focus: { node, seq: (state.focus?.seq ?? 0) + 1 } }));
}

export function clearSelection(): void {
  useSelection.setState({ node: null, quantizer: null, box: null, focus: null });
}

export function hoverGroup(group: string | null): void {
  useSelection.setState({ hoveredGroup: group });
}

export function touch(nodes: Iterable<string> | null): void {
  useSelection.setState({ touched: nodes === null ? NO_NODES : new Set(nodes) });
}

export function askPick(pick: Pick | null): void {
  useSelection.setState({ pick });
}

/** The canvas has found the box of the selected node: what belongs to it is inspected with it. */
export function boxFound(box: SceneNode | null): void {
  useSelection.setState((state) => (state.box === box ? state : { box }));
}

const NO_MEMBERS: readonly string[] = [];

/** All nodes that a box stands for. */
export const membersOf = (box: SceneNode | null): readonly string[] => box?.members ?? NO_MEMBERS;
