import type { DocumentSummary, GraphInterface } from '../../worker/protocol.ts';

/** The interface that a document starts with: that of the network it was recognised as, else the guess. */
export function foundInterface({ network, guess }: Pick<DocumentSummary, 'network' | 'guess'>): GraphInterface {
  const { inputs, outputs, shape, shapes } = network?.interface ?? guess;
  return { inputs, outputs, shape, ...(shapes === undefined ? {} : { shapes }) };
}
