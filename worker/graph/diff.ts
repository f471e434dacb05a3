import type { AttrValue } from '../formats/attrValue.ts';
import type { Tensor } from '../formats/tensor.ts';
import { attrDefault } from './attrDefaults.ts';
import { edgeText, type Graph, type GraphNode } from './graph.ts';

/** One way in which two graphs differ; `expected` and `actual` are short texts for people. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'op' | 'inputs' | 'control' | 'attr';
  readonly node: string;
  readonly op: string;
  /** The attribute's name where `kind` is `attr`. */
  readonly attr?: string;
  readonly expected: string;
  readonly actual: string;
}

/** Notes for the program that made the graph; they do not change what it computes. */
const IGNORED_ATTRS: ReadonlySet<string> = new Set(['_output_shapes', '_class']);

/**
 * Node by node comparison: the same names; per node the same op, data inputs in order, set of control inputs and attributes, constants
 * by dtype, shape and exact value. Node order, devices, `_output_shapes` and `_class` do not count; an attribute at its op's default
 * equals an absent one.
 */
export function diffGraphs(expected: Graph, actual: Graph): Difference[] {
  const missing = expected.nodes.filter((node) => !actual.has(node.name)).map((node) => lone('missing', node));
  const extra = actual.nodes.filter((node) => !expected.has(node.name)).map((node) => lone('extra', node));
  const changed = expected.nodes.flatMap((node) => {
    const other = actual.find(node.name);
    return other === undefined ? [] : diffNodes(node, other);
  });
  return [...missing, ...extra, ...changed];
}

/** One line, e.g. `inputs   net/c1/Relu (Relu): net/c1/BiasAdd | net/c1/Add_fold`. */
export function differenceText(difference: Difference): string {
  const { kind, node, op, attr, expected, actual } = difference;
  const head = `${kind.padEnd(8)} ${node} (${op})`;
  if (kind === 'missing' || kind === 'extra') return head;
  return `${head}: ${attr === undefined ? '' : `${attr} `}${expected} | ${actual}`;
}

function lone(kind: 'missing' | 'extra', node: GraphNode): Difference {
  return { kind, node: node.name, op: node.op, expected: kind === 'missing' ? node.op : '', actual: kind === 'extra' ? node.op : '' };
}

function diffNodes(expected: GraphNode, actual: GraphNode): Difference[] {
  const { name: node, op } = expected;
  if (op !== actual.op) return [{ kind: 'op', node, op, expected: op, actual: actual.op }];
  const found: Difference[] = [];
  const compare = (kind: 'inputs' | 'control', a: string, b: string) => {
    if (a !== b) found.push({ kind, node, op, expected: a, actual: b });
  };
  compare('inputs', expected.edges.map(edgeText).join(', '), actual.edges.map(edgeText).join(', '));
  compare('control', expected.controls.toSorted().join(', '), actual.controls.toSorted().join(', '));
  for (const attr of new Set([...expected.attrs.keys(), ...actual.attrs.keys()])) {
    if (IGNORED_ATTRS.has(attr) || sameBytes(expected.attrs.get(attr), actual.attrs.get(attr))) continue;
    const a = expected.attr(attr) ?? attrDefault(op, attr);
    const b = actual.attr(attr) ?? attrDefault(op, attr);
    if (!sameValue(a, b)) found.push({ kind: 'attr', node, op, attr, expected: attrText(a), actual: attrText(b) });
  }
  return found;
}

function sameValue(a: AttrValue | undefined, b: AttrValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'tensor' && b.kind === 'tensor') return sameTensor(a.value, b.value);
  return a.kind === b.kind && JSON.stringify(a, spellOut) === JSON.stringify(b, spellOut);
}

/** JSON has no infinities and no NaN. */
function spellOut(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Equal dtype, shape and bits of every element (so NaN equals NaN, and 0 is not -0). */
function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length || a.shape.some((size, axis) => size !== b.shape[axis])) return false;
  const [left, right] = [a.strings ?? [], b.strings ?? []];
  return left.length === right.length && left.every((item, i) => sameBytes(item, right[i])) && sameBytes(a.bytes, b.bytes);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function attrText(value: AttrValue | undefined): string {
  if (value === undefined) return 'absent';
  if (value.kind === 'none') return 'empty';
  if (value.kind === 'tensor') {
    const { dtype, shape, bytes } = value.value;
    return `${dtype}[${shape.join(', ')}] ${firstBytes(bytes)}`;
  }
  return value.kind === 'string' ? `'${value.value}'` : JSON.stringify(value.value);
}

function firstBytes(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > 8 ? `0x${shown}…` : `0x${shown}`;
}
