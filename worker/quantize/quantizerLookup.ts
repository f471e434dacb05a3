import { GraffitistError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { type QuantizerSuffix, suffixOf } from './naming.ts';
import type { Quantizer } from './quantizer.ts';
import { readQuantizers } from './readQuantizers.ts';

/** The quantizers of a graph by what list files call them: the node that is quantized, or the variable behind its read. */
export class QuantizerLookup {
  readonly all: readonly Quantizer[];
  readonly #graph: Graph;
  readonly #named = new Map<string, Quantizer[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.all = readQuantizers(graph);
    for (const quantizer of this.all) {
      const suffix = suffixOf(quantizer.name);
      const bare = suffix === undefined ? quantizer.source : quantizer.name.slice(0, -suffix.length - 1);
      for (const name of new Set([quantizer.source, bare])) {
        const known = this.#named.get(name);
        if (known === undefined) this.#named.set(name, [quantizer]);
        else known.push(quantizer);
      }
    }
  }

  /**
   * The quantizer on a node that a list file names, of one of some kinds.
   * @throws GraffitistError `node-missing`; `quantizer-conflict` where the node has no quantizer, or one of another kind
   */
  find(
    node: string,
    suffixes: ReadonlySet<QuantizerSuffix>,
    option: string,
  ): { readonly quantizer: Quantizer; readonly suffix: QuantizerSuffix } {
    const there = this.#named.get(node) ?? [];
    for (const quantizer of there) {
      const suffix = suffixOf(quantizer.name);
      if (suffix !== undefined && suffixes.has(suffix)) return { quantizer, suffix };
    }
    const [other] = there;
    if (other !== undefined) {
      throw new GraffitistError('quantizer-conflict', `Quant layer name '${other.name}' inferred from ${option} is unknown!`, {
        about: node,
        remedy: `Name nodes with one of these quantizers: ${[...suffixes].join(', ')}.`,
      });
    }
    if (!this.#graph.has(node)) {
      throw new GraffitistError('node-missing', `No node named '${node}' found in map.`, { about: option, remedy: 'Check the list file.' });
    }
    throw new GraffitistError('quantizer-conflict', `'${node}' has no quantizer.`, { about: option, remedy: 'Check the list file.' });
  }
}
