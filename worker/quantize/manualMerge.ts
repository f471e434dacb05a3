import { GraffitistError } from '../errors.ts';
import { type Graph, GraphEditor } from '../graph/graph.ts';
import { uniqueName } from '../graph/scopes.ts';
import type { ListLine } from './listFile.ts';
import { commonScope, type QuantizerSuffix } from './naming.ts';
import type { Note } from './placement/placement.ts';
import type { Quantizer } from './quantizer.ts';
import { QuantizerLookup } from './quantizerLookup.ts';
import { type QuantDType, thresholdNodeNames, thresholdVariable } from './quantizerNodes.ts';

const OPTION = 'layer_merge_list';

/** Kinds that can be merged by hand; those of one kind in one line share a threshold. */
const MERGED: ReadonlySet<QuantizerSuffix> = new Set(['weight_quant', 'bias_quant', 'layer_quant', 'act_quant']);

/** Quantizers that were given one threshold by hand. */
export interface MergedByHand {
  readonly rule: 'QNT40';
  readonly variable: string;
  readonly members: readonly string[];
}

/**
 * QNT40: quantizers whose nodes stand in one line of the list share one threshold. Who shared one with them before (by the rules of
 * `shareThresholds`, or an earlier line) shares the new one too; the original leaves those behind.
 *
 * @throws GraffitistError `node-missing`, `quantizer-conflict` where a node has no such quantizer, where there is none to merge it with,
 *   or where members differ in bit-width, sign or element type
 */
export function mergeByHand(
  graph: Graph,
  lines: readonly ListLine[],
): { readonly graph: Graph; readonly merged: readonly MergedByHand[]; readonly warnings: readonly Note[] } {
  if (lines.length === 0) return { graph, merged: [], warnings: [] };
  const lookup = new QuantizerLookup(graph);
  const plan = new MergePlan(graph, lookup.all);
  for (const { fields } of lines) {
    const byKind = new Map<QuantizerSuffix, Quantizer[]>();
    for (const node of fields) {
      const { quantizer, suffix } = lookup.find(node, MERGED, OPTION);
      const known = byKind.get(suffix) ?? [];
      if (!known.includes(quantizer)) byKind.set(suffix, [...known, quantizer]);
    }
    for (const [kind, members] of byKind) plan.merge(kind, members);
  }
  return plan.finish();
}

class MergePlan {
  readonly #graph: Graph;
  /** Readers of each threshold variable. */
  readonly #readers = new Map<string, Quantizer[]>();
  readonly #variableOf = new Map<string, string>();
  readonly #made = new Map<string, QuantDType>();
  readonly #warnings: Note[] = [];

  constructor(graph: Graph, quantizers: readonly Quantizer[]) {
    this.#graph = graph;
    for (const quantizer of quantizers) {
      this.#variableOf.set(quantizer.name, quantizer.threshold);
      const readers = this.#readers.get(quantizer.threshold);
      if (readers === undefined) this.#readers.set(quantizer.threshold, [quantizer]);
      else readers.push(quantizer);
    }
  }

  merge(kind: QuantizerSuffix, listed: readonly Quantizer[]): void {
    const [first] = listed;
    if (first === undefined) return;
    if (listed.length === 1) {
      throw conflict(first.source, `Unable to find a quant layer to merge '${first.name}' with!`, 'List at least two of a kind in a line.');
    }
    const variables = [...new Set(listed.map(({ name }) => this.#variableOf.get(name) ?? ''))];
    if (variables.length === 1) return;
    const members = variables.flatMap((variable) => this.#readers.get(variable) ?? []);
    const dtype = this.#agree(members);
    const scope = commonScope(listed.map(({ name }) => name));
    const taken = (name: string) => this.#made.has(`${name}/m_threshold`) || this.#graph.has(`${name}/m_threshold`);
    const home =
      variables.find((variable) => this.#made.has(variable)) ?? `${uniqueName(`${scope}/${kind}_manual_merge`, taken)}/m_threshold`;
    for (const variable of variables) {
      this.#readers.delete(variable);
      if (variable !== home) this.#made.delete(variable);
    }
    this.#made.set(home, dtype);
    this.#readers.set(home, members);
    for (const { name } of members) this.#variableOf.set(name, home);
    for (const { name, source } of members) {
      if (listed.some((other) => other.name === name)) continue;
      const text = `'${name}' shared its threshold with one that is merged by hand, and shares the merged one with it (Graffitist leaves it behind).`;
      this.#warnings.push({ rule: 'QNT40', node: source, text });
    }
  }

  finish(): { readonly graph: Graph; readonly merged: readonly MergedByHand[]; readonly warnings: readonly Note[] } {
    const editor = new GraphEditor(this.#graph);
    const merged = [...this.#made].map(([variable, dtype]) => {
      for (const spec of thresholdVariable(variable, dtype)) editor.add(spec);
      const members = this.#readers.get(variable) ?? [];
      for (const former of new Set(members.map(({ threshold }) => threshold)))
        for (const name of thresholdNodeNames(former)) editor.remove(name);
      for (const { name } of members) editor.replace(editor.node(`${name}/pof2`).with({ inputs: [`${variable}/read`] }));
      return { rule: 'QNT40', variable, members: members.map(({ name }) => name) } as const;
    });
    return { graph: editor.graph(), merged, warnings: this.#warnings };
  }

  /** QNT41. The original's texts. */
  #agree(members: readonly Quantizer[]): QuantDType {
    const dtypes = members.map(({ node }) => this.#graph.node(node).attr('T'));
    const dtype = (index: number): QuantDType => {
      const T = dtypes[index];
      return T?.kind === 'type' && T.value === 'float64' ? 'float64' : 'float32';
    };
    const differ = (what: string): GraffitistError =>
      conflict(
        members.map(({ source }) => source).join(', '),
        `The quant layers being merged do not share the same ${what}. Can't be merged!`,
        'Merge quantizers of one format.',
      );
    if (new Set(members.map(({ bits }) => bits)).size > 1) throw differ('bitwidth');
    if (new Set(members.map(({ signed }) => signed)).size > 1) throw differ('sign bit');
    if (new Set(members.map((_, index) => dtype(index))).size > 1) throw differ('datatype');
    return dtype(0);
  }
}

function conflict(about: string, cause: string, remedy: string): GraffitistError {
  return new GraffitistError('quantizer-conflict', cause, { about, remedy });
}
