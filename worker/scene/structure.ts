import type { QuantTag, SceneChip, SceneNode } from '../protocol.ts';

/** A box of a reading, before anyone decided which groups are open and where it lies. */
export interface Box {
  readonly id: string;
  readonly kind: 'layer' | 'op' | 'input' | 'output';
  readonly title: string;
  readonly subtitle: string;
  readonly path: string;
  /** Scope that groups it: a path, empty at the top. */
  readonly scope: string;
  readonly chips: readonly SceneChip[];
  readonly tag: QuantTag | null;
  readonly bits: SceneNode['bits'];
  readonly members: readonly string[];
  readonly leftFloat: string | null;
  readonly changed: boolean;
  /** Numbers of weights it holds; 0 where unknown. */
  readonly weights: number;
  /** What it computes, without names: boxes of repeated blocks have equal ones. */
  readonly likeness: string;
}

/** A value (or a wait) that passes between two boxes, by their indices. */
export interface Wire {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** A quantizer on this wire alone. */
  readonly tag: QuantTag | null;
  readonly control: boolean;
}

/** Boxes in reading order: those that feed come before those that read, where the graph has an order. */
export interface Diagram {
  readonly boxes: readonly Box[];
  readonly wires: readonly Wire[];
}
