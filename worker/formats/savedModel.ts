import { GraffitistError } from '../errors.ts';
import { type MetaInfo, readMetaGraph } from './metaGraph.ts';
import { LENGTH, lengthPrefix, WireError, WireReader } from './wire.ts';

/** A MetaGraph of a SavedModel: its graph as a GraphDef message, and what stands beside it. */
export interface SavedMetaGraph {
  readonly graph: Uint8Array;
  readonly info: MetaInfo;
}

const META_GRAPH = 2;
/** The tag of what is exported for use. */
const SERVE = 'serve';

/** The MetaGraphs of a SavedModel message. Graphs are views on `bytes`. @throws WireError */
export function readSavedModel(bytes: Uint8Array): readonly SavedMetaGraph[] {
  const found: SavedMetaGraph[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== META_GRAPH) continue;
    if (reader.wireType !== LENGTH) throw new WireError('a MetaGraph is not a message', reader.start);
    found.push(readMetaGraph(reader.view()));
  }
  if (found.length === 0) throw new WireError('there is no MetaGraph in it', 0);
  return found;
}

/** The chunks of a SavedModel message that holds one MetaGraph, given as its chunks. */
export function savedModelBytes(metaGraph: readonly Uint8Array[]): Uint8Array[] {
  const length = metaGraph.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Uint8Array.of(0x08, 0x01), lengthPrefix(META_GRAPH, length), ...metaGraph];
}

/**
 * The MetaGraph that a tag means: the one whose tags are exactly those (several are separated by commas), else the only one that has
 * them among others; without a tag the only one there is, or, where `choose` is set, the one for serving, else the first.
 *
 * @throws GraffitistError `saved-model-tag`, listing the tags that there are
 */
export function chooseMetaGraph(
  metaGraphs: readonly SavedMetaGraph[],
  tag: string | undefined,
  fileName: string,
  choose = false,
): SavedMetaGraph {
  const wanted = (tag ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const having = metaGraphs.filter(({ info }) => wanted.every((part) => info.tags.includes(part)));
  const exact = having.filter(({ info }) => info.tags.length === wanted.length);
  const [chosen, ...others] = exact.length > 0 ? exact : having;
  if (chosen !== undefined && others.length === 0) return chosen;
  const [first] = metaGraphs;
  if (choose && wanted.length === 0 && first !== undefined) return metaGraphs.find(({ info }) => info.tags.includes(SERVE)) ?? first;
  const there = metaGraphs.map(({ info }) => (info.tags.length === 0 ? 'one without tags' : `'${info.tags.join(',')}'`)).join(', ');
  const cause =
    wanted.length === 0
      ? `The SavedModel holds several graphs; their tags are ${there}.`
      : `The SavedModel holds ${having.length === 0 ? 'no graph' : 'several graphs'} with the tag '${wanted.join(',')}'; its tags are ${there}.`;
  throw new GraffitistError('saved-model-tag', cause, { about: fileName, remedy: "Choose one of them: '--saved_model_tag <tag>'." });
}
