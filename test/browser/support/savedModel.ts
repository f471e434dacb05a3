/** A SavedModel of the tiny network with several graphs and signatures, as one .zip. */
import { zipSync } from 'fflate';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { checkpointFiles } from '../../../worker/formats/checkpoint.ts';
import { metaGraphChunks, type TensorInfo, type TypedSignature } from '../../../worker/formats/metaGraph.ts';
import { savedModelBytes } from '../../../worker/formats/savedModel.ts';
import { graphBytes } from '../../../worker/graph/graphFile.ts';
import { TINY_INTERFACE, tinyGraph } from './tinyNetwork.ts';

/** Tags of its graphs; the signatures of each. */
export const TINY_TAGS = ['train', 'serve'] as const;
export const TINY_SIGNATURES = { serving_default: 'probabilities', logits: 'squeeze' } as const;

const image: TensorInfo = { name: `${TINY_INTERFACE.input}:0`, dtype: 'float32', shape: [-1, ...TINY_INTERFACE.shape] };

function signature(output: string): TypedSignature {
  const result: TensorInfo = { name: `${output}:0`, dtype: 'float32', shape: null };
  return { method: 'tensorflow/serving/predict', inputs: new Map([['image', image]]), outputs: new Map([['result', result]]) };
}

/** `tiny_saved/saved_model.pb` with its `variables`, zipped. */
export async function tinySavedModel(): Promise<Buffer> {
  const { graph, values } = tinyGraph();
  const signatures = new Map(Object.entries(TINY_SIGNATURES).map(([name, output]) => [name, signature(output)]));
  // Messages behind each other are one message with the fields of both.
  const model = TINY_TAGS.flatMap((tag) =>
    savedModelBytes(metaGraphChunks({ graph: graphBytes(graph), collections: {}, tags: [tag], signatures })),
  );
  const variables = await Promise.all(
    checkpointFiles('variables', values).map(
      async ({ name, blob }) => [`tiny_saved/variables/${name}`, new Uint8Array(await blob.arrayBuffer())] as const,
    ),
  );
  return Buffer.from(
    zipSync({
      'tiny_saved/saved_model.pb': joinBytes(model),
      ...Object.fromEntries(variables),
    }),
  );
}
