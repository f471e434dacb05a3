/** The two readings of a graph as pictures: boxes, wires, tags, ready to draw. */
import type { Stage } from '../protocol.ts';

export type Reading = 'layers' | 'nodes';

/** Bits as a tag on a wire or chip. `exponent` is log2 of the scale, null while the threshold is not known. */
export interface QuantTag {
  readonly quantizer: string;
  readonly bits: number;
  readonly signed: boolean;
  readonly exponent: number | null;
  readonly group: string | null;
}

export interface SceneChip {
  readonly text: string;
  readonly tag: QuantTag | null;
}

export interface SceneNode {
  /** In "nodes" the graph node's name (or `group:` + scope); in "layers" the name of the box's main node (or `group:` + scope). */
  readonly id: string;
  readonly kind: 'layer' | 'op' | 'input' | 'output' | 'group';
  /** Absolute, top left. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Id of the open group it is drawn in. */
  readonly parent: string | null;
  readonly title: string;
  readonly subtitle: string;
  readonly path: string;
  readonly chips: readonly SceneChip[];
  /** The quantizer on its output: drawn under the box, where its wires leave. */
  readonly tag: QuantTag | null;
  /** Output bits, for the left edge; null: float. */
  readonly bits: { readonly bits: number; readonly signed: boolean } | null;
  /** For groups: how many like it are folded into one box (×4), whether open. */
  readonly count: number;
  readonly open: boolean;
  /** Graph nodes this box stands for: selection, search and hover map through it. */
  readonly members: readonly string[];
  /** It computes and was left in float: why. */
  readonly leftFloat: string | null;
  /** Changed by the step that made this stage. */
  readonly changed: boolean;
}

export interface SceneEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Polyline in absolute coordinates, start and end included. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** `128×128×3` or empty. */
  readonly label: string;
  /** The quantizer on this wire alone (a rescale): drawn at `at`. The output's own quantizer is the tag of the box it comes from. */
  readonly tag: QuantTag | null;
  readonly at: readonly [x: number, y: number] | null;
  /** It carries no value: its end waits for its start. */
  readonly control: boolean;
}

export interface Scene {
  readonly reading: Reading;
  readonly stage: Stage;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
}

export interface SceneRequest {
  readonly stage: Stage;
  readonly reading: Reading;
  /** Ids of groups that are open; undefined: the level at which a person sees the network's structure. */
  readonly open?: readonly string[];
}
