import { checkpointFiles } from '../formats/checkpoint.ts';
import { metaGraphChunks } from '../formats/metaGraph.ts';
import { savedModelBytes } from '../formats/savedModel.ts';
import { isVariable } from '../graph/variables.ts';
import type { SourceFile } from '../protocol.ts';
import type { Exportable } from './exportable.ts';
import { metaParts } from './metaParts.ts';
import { SERVE, SERVING, servingSignature } from './signature.ts';
import { variablesOf } from './variables.ts';

/**
 * EXP6: a SavedModel as its files, `saved_model.pb` and the checkpoint in `variables`, with the tag `serve` and the signature
 * `serving_default`. A graph with variables gets a saver that restores all of them; a frozen graph is the one file.
 * @throws GraffitistError `variable-missing`
 */
export async function savedModelFiles(source: Exportable): Promise<SourceFile[]> {
  const { model } = source;
  const { spec, notes } = metaParts(model, true);
  const signatures = new Map([[SERVING, servingSignature(model)]]);
  const chunks = savedModelBytes(metaGraphChunks({ ...spec, tags: [SERVE], signatures }));
  const file = { name: 'saved_model.pb', blob: new Blob(chunks as BlobPart[]), notes };
  if (!model.graph.nodes.some(isVariable)) return [file];
  return [file, ...checkpointFiles('variables/variables', await variablesOf(source))];
}
