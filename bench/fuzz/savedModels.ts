import { zipSync } from 'fflate';
import { functionModelText } from '../../test/unit/engine/functionModel.ts';
import { openDocument, summarize } from '../../worker/engine/document.ts';
import { checkpointFiles } from '../../worker/formats/checkpoint.ts';
import type { NamedBlob } from '../../worker/formats/checkpointFiles.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import { parseText } from '../../worker/formats/text/parse.ts';
import type { SourceFile } from '../../worker/protocol.ts';

const KERNEL = 'layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE';

/** A SavedModel of TensorFlow 2 with two tags: its network is a function, its weights lie in a checkpoint of objects. */
export const functionModel = parseText(new TextEncoder().encode(functionModelText('"serve"', '"serve", "gpu"')), 'SavedModel');

/** A MetaGraph as text, with collections, a saver and a signature. */
export const metaGraphText = `meta_info_def { tags: 'serve' }
graph_def {
  node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
  node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: 2 } } } } }
  node { name: "y" op: "Mul" input: "x" input: "w" attr { key: "T" value { type: DT_FLOAT } } }
}
saver_def { filename_tensor_name: "save/Const:0" save_tensor_name: "save/control_dependency:0" restore_op_name: "save/restore_all" version: V2 }
collection_def { key: "variables" value { bytes_list { value: "\\n\\003w:0\\022\\010w/Assign" } } }
collection_def { key: "losses" value { node_list { value: "y:0" } } }
signature_def { key: "serving_default" value { inputs { key: "x" value { name: "x:0" } } outputs { key: "y" value { name: "y:0" } } } }
`;

const weights: readonly NamedBlob[] = checkpointFiles('variables/variables', new Map([[KERNEL, makeTensor('float32', [2], [3, 4])]]));
const contents: Readonly<Record<string, Uint8Array>> = {
  'model/saved_model.pb': functionModel,
  ...Object.fromEntries(
    await Promise.all(weights.map(async ({ name, blob }) => [`model/${name}`, new Uint8Array(await blob.arrayBuffer())] as const)),
  ),
};

/** Its folder in an archive, stored and packed. */
export const zippedModels: readonly Uint8Array[] = ([0, 6] as const).map((level) => zipSync({ ...contents }, { level }));

/** Opens a file as a person gives it, with the weights beside it, and looks at everything. */
export async function openSources(path: string, bytes: Uint8Array): Promise<void> {
  const source = (file: string, blob: Blob): SourceFile => ({ name: file.slice(file.lastIndexOf('/') + 1), path: file, blob });
  const beside = path.endsWith('.zip') ? [] : weights.map(({ name, blob }) => source(`model/${name}`, blob));
  const document = await openDocument([source(path, new Blob([bytes as BlobPart])), ...beside], { tag: 'serve' });
  summarize(document);
  for (const name of document.checkpoint?.entries.keys() ?? []) await document.checkpoint?.read(name);
}
