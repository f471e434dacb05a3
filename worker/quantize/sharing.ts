import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { type Format, formatName } from './fixedPoint.ts';
import { commonScope, lastSegment, type QuantizerSuffix, scopeOfLinearQuant, suffixOf } from './naming.ts';
import type { Note } from './placement/placement.ts';
import { type QuantDType, thresholdNodeNames, thresholdVariable } from './quantizerNodes.ts';
import { readFormat } from './quantizerScalars.ts';

/** Where quantizers must share one scale, because their codes meet in one op. */
interface SharingRule {
  readonly rule: string;
  readonly ops: readonly string[];
  /** What stands at the op's two inputs, in either order; null: whatever is quantized, at any number of inputs. */
  readonly pair: readonly [QuantizerSuffix, QuantizerSuffix] | null;
  readonly suffix: string;
}

/** Of several rules for one op the first that fits. */
const SHARING: readonly SharingRule[] = [
  { rule: 'QNT17', ops: ['ConcatV2'], pair: null, suffix: 'act_quant_concat_merge' },
  { rule: 'QNT14', ops: ['Maximum'], pair: ['biasadd_quant', 'lrelu_alpha_x_quant'], suffix: 'leakyrelu_quant_merge' },
  { rule: 'QNT13', ops: ['Add', 'AddV2', 'BiasAdd'], pair: ['layer_quant', 'bias_quant'], suffix: 'layer_bias_quant_merge' },
  { rule: 'QNT15', ops: ['Add', 'AddV2'], pair: ['biasadd_quant', 'biasadd_quant'], suffix: 'eltw_biasadd_quant_merge' },
  { rule: 'QNT16', ops: ['Add', 'AddV2'], pair: ['biasadd_quant', 'eltw_rescale_quant'], suffix: 'eltw_rescale_quant_merge' },
];

/** One threshold for several quantizers. */
export interface SharedThreshold {
  readonly rule: string;
  /** The op at which their codes meet. */
  readonly at: string;
  /** Name of the variable that replaces the members' own. */
  readonly variable: string;
  readonly dtype: QuantDType;
  /** Scopes of the quantizers that read it. */
  readonly members: Set<string>;
}

export interface Sharing {
  readonly graph: Graph;
  readonly shared: readonly SharedThreshold[];
  readonly warnings: readonly Note[];
}

/**
 * Gives quantizers whose codes meet in one op one threshold variable. `tied` are scopes of quantizers that several layers own: a
 * group that holds one joins the group that already does, so that every layer's sum stays exact.
 *
 * @throws GraffitistError `quantizer-conflict` where members differ in bit-width or element type
 */
export function shareThresholds(graph: Graph, tied: ReadonlySet<string>): Sharing {
  const plan = new SharingPlan(graph, tied);
  for (const node of graph.nodes) {
    const rule = SHARING.find((candidate) => candidate.ops.includes(node.op) && fits(graph, node, candidate));
    if (rule !== undefined) plan.share(rule, node);
  }
  return { graph: plan.graph(), shared: plan.shared, warnings: plan.warnings };
}

function fits(graph: Graph, node: GraphNode, { pair }: SharingRule): boolean {
  const suffixes = inputQuantizers(graph, node).map(suffixOf);
  if (pair === null) return suffixes.length > 0;
  const [a, b] = suffixes;
  return suffixes.length === 2 && ((a === pair[0] && b === pair[1]) || (a === pair[1] && b === pair[0]));
}

/** Scopes of the quantizers that an op reads, slot by slot. */
function inputQuantizers(graph: Graph, node: GraphNode): string[] {
  const linearQuants = node.edges.map(({ node: name }) => graph.find(name)).filter((input) => input?.op === 'LinearQuant');
  return linearQuants.flatMap((input) => (input === undefined ? [] : [scopeOfLinearQuant(input.name)]));
}

class SharingPlan {
  readonly shared: SharedThreshold[] = [];
  readonly warnings: Note[] = [];
  readonly #graph: Graph;
  readonly #editor: GraphEditor;
  readonly #tied: ReadonlySet<string>;
  readonly #groupOf = new Map<string, SharedThreshold>();
  readonly #names = new Set<string>();
  /** Formats of quantizers that were made signed to share with signed ones. */
  readonly #madeSigned = new Map<string, Format>();

  constructor(graph: Graph, tied: ReadonlySet<string>) {
    this.#graph = graph;
    this.#editor = new GraphEditor(graph);
    this.#tied = tied;
  }

  share({ rule, suffix }: SharingRule, at: GraphNode): void {
    const members = [...new Set(inputQuantizers(this.#graph, at))];
    const dtype = this.#agree(at, members);
    const home = members
      .map((scope) => (this.#tied.has(scope) ? this.#groupOf.get(scope) : undefined))
      .find((group) => group !== undefined);
    const group = home ?? {
      rule,
      at: at.name,
      variable: this.#variableName(members, `${lastSegment(at.name)}_${suffix}`),
      dtype,
      members: new Set(),
    };
    if (home === undefined) this.shared.push(group);
    for (const scope of members) {
      const former = this.#groupOf.get(scope);
      if (former === group) continue;
      if (former !== undefined && this.#tied.has(scope)) this.#moveAll(former, group);
      else this.#move(scope, former, group);
    }
  }

  /** The graph with the planned variables: members' own are gone, new ones stand last. */
  graph(): Graph {
    const editor = this.#editor;
    for (const { variable, dtype } of this.shared) for (const spec of thresholdVariable(variable, dtype)) editor.add(spec);
    for (const [scope, { variable }] of this.#groupOf) {
      const pof2 = editor.node(`${scope}/pof2`);
      editor.replace(pof2.with({ inputs: [`${variable}/read`] }));
      for (const name of thresholdNodeNames(`${scope}/threshold`)) editor.remove(name);
    }
    for (const [scope] of this.#madeSigned) {
      const flag = editor.node(`${scope}/is_signed`);
      const dtype = this.#dtype(scope);
      editor.replace(flag.with({ attrs: { value: { kind: 'tensor', value: makeTensor(dtype, [], [1]) } } }));
    }
    return editor.graph();
  }

  /** QNT19: a quantizer in two groups belongs to the later one, as in the original. */
  #move(scope: string, former: SharedThreshold | undefined, group: SharedThreshold): void {
    if (former !== undefined) {
      former.members.delete(scope);
      this.warnings.push({
        rule: 'QNT19',
        node: group.at,
        text: `'${scope}' shares its threshold here and no longer at '${former.at}', whose inputs may now differ in scale, as in Graffitist.`,
      });
    }
    group.members.add(scope);
    this.#groupOf.set(scope, group);
  }

  /** QNT21: groups that meet in a tied quantizer become one. */
  #moveAll(former: SharedThreshold, group: SharedThreshold): void {
    for (const scope of former.members) {
      group.members.add(scope);
      this.#groupOf.set(scope, group);
    }
    this.shared.splice(this.shared.indexOf(former), 1);
  }

  /** Members agree in bits, sign and element type, or are made to; returns the element type. */
  #agree(at: GraphNode, members: readonly string[]): QuantDType {
    const formats = members.map((scope) => this.#format(scope));
    const dtypes = new Set(members.map((scope) => this.#dtype(scope)));
    const [dtype] = dtypes;
    if (dtype === undefined || dtypes.size > 1 || new Set(formats.map(({ bits }) => bits)).size > 1) {
      throw conflict(at, members, formats);
    }
    if (formats.some(({ signed }) => signed)) {
      members.forEach((scope, index) => {
        if (formats[index]?.signed === false) this.#makeSigned(scope, formats[index], at);
      });
    }
    return dtype;
  }

  /** QNT20: an unsigned quantizer that must share with a signed one becomes signed; the original refuses such a graph. */
  #makeSigned(scope: string, format: Format, at: GraphNode): void {
    this.#madeSigned.set(scope, { ...format, signed: true });
    this.warnings.push({
      rule: 'QNT20',
      node: at.name,
      text: `'${scope}' meets signed values here: it is int${format.bits} instead of uint${format.bits}, so that both share one scale.`,
    });
  }

  #format(scope: string): Format {
    return this.#madeSigned.get(scope) ?? readFormat(this.#graph, this.#graph.node(`${scope}/LinearQuant`));
  }

  #dtype(scope: string): QuantDType {
    const T = this.#graph.node(`${scope}/LinearQuant`).attr('T');
    return T?.kind === 'type' && T.value === 'float64' ? 'float64' : 'float32';
  }

  /** QNT18: a name of its own: the original stops where two groups of one scope would get the same. */
  #variableName(members: readonly string[], name: string): string {
    const base = `${commonScope(members)}/${name}`;
    let variable = `${base}/m_threshold`;
    for (let index = 1; this.#graph.has(variable) || this.#names.has(variable); index += 1) variable = `${base}_${index}/m_threshold`;
    this.#names.add(variable);
    return variable;
  }
}

function conflict(at: GraphNode, members: readonly string[], formats: readonly Format[]): GraffitistError {
  const list = members.map((scope, index) => `'${scope}' (${formatName(formats[index] ?? { bits: 0, signed: false })})`);
  return new GraffitistError('quantizer-conflict', `The quantizers that meet here do not share the same format: ${list.join(', ')}.`, {
    about: at.name,
    remedy: 'Choose options that give them the same bit-width.',
  });
}
