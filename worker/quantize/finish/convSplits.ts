import { GraffitistError } from '../../errors.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { badLine, type ListLine, wholeNumber } from '../listFile.ts';
import type { Quantizer } from '../quantizer.ts';
import { readQuantizers } from '../readQuantizers.ts';

const OPTION = 'conv_split_list';

/** A convolution to be computed in parts of its input channels. */
export interface ConvSplit {
  readonly conv: string;
  /** Input channels of each part; the last has what remains. */
  readonly sizes: readonly number[];
  /** The quantizer of its accumulator. */
  readonly quantizer: Quantizer;
}

/**
 * Reads `conv node, channel depth, split depth` lines; a convolution that one part holds is left as it is.
 * @param channelsOf static number of input channels, where it is known
 * @throws GraffitistError `option-invalid`, `node-missing`, `quantizer-conflict` where its accumulator is not quantized
 */
export function convSplits(graph: Graph, lines: readonly ListLine[], channelsOf: (conv: GraphNode) => number | undefined): ConvSplit[] {
  if (lines.length === 0) return [];
  const bySource = new Map(readQuantizers(graph).map((quantizer) => [quantizer.source, quantizer]));
  const seen = new Set<string>();
  return lines.flatMap(({ line, fields }) => {
    const [name = ''] = fields;
    if (fields.length !== 3) throw badLine(OPTION, line, `${fields.length} fields instead of conv node, channel depth and split depth.`);
    const [depth, size] = [1, 2].map((at) => wholeNumber(OPTION, line, fields[at], 'whole number of channels')) as [number, number];
    if (depth < 1 || size < 1) throw badLine(OPTION, line, 'depths are 1 or more.');
    const conv = graph.find(name);
    if (conv === undefined) {
      throw new GraffitistError('node-missing', `No node named '${name}' found in map.`, { about: OPTION, remedy: 'Check the list file.' });
    }
    if (conv.op !== 'Conv2D') throw badLine(OPTION, line, `'${name}' is a ${conv.op}, not a Conv2D.`);
    if (seen.has(name)) throw badLine(OPTION, line, `'${name}' is listed twice.`);
    seen.add(name);
    const channels = channelsOf(conv);
    if (channels !== undefined && channels !== depth) {
      throw badLine(OPTION, line, `'${name}' has ${channels} input channels, not ${depth}.`);
    }
    if (depth <= size) return [];
    const quantizer = bySource.get(name);
    if (quantizer === undefined || graph.uses(name).some(({ consumer }) => consumer.op !== 'LinearQuant')) {
      throw new GraffitistError('quantizer-conflict', `The accumulator of '${name}' is not quantized, so that it cannot be split.`, {
        about: name,
        remedy: 'Give the layer a bias, or take it from the list.',
      });
    }
    const whole = Math.floor(depth / size);
    const rest = depth % size;
    return [{ conv: name, sizes: [...Array.from({ length: whole }, () => size), ...(rest === 0 ? [] : [rest])], quantizer }];
  });
}

/** Axis of an image's channels. */
export function channelAxis(conv: GraphNode): number {
  const layout = conv.attr('data_format');
  return layout?.kind === 'string' && layout.value === 'NCHW' ? 1 : 3;
}
