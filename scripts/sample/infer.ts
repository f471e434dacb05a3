import { createBackend } from '../../worker/execute/createBackend.ts';
import { Runner } from '../../worker/execute/execute.ts';
import { Session } from '../../worker/execute/session.ts';
import { makeTensor, tensorValues } from '../../worker/formats/tensorValues.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { IMAGE_BYTES, IMAGE_SIZE } from './images.ts';
import { INPUT, OUTPUT } from './network.ts';
import { CLASSES } from './shapes.ts';

const BATCH = 100;

/**
 * Softmax outputs [N × classes] of a frozen graph of the sample network, computed by the product's own wasm backend.
 *
 * @param inputs N pictures as the network is fed
 */
export async function graphOutputs(graph: Graph, inputs: Float32Array): Promise<Float32Array> {
  const backend = await createBackend('wasm');
  const session = new Session(graph, { variables: noVariables, backend, feeds: [INPUT] });
  try {
    const runner = new Runner(session, [OUTPUT]);
    const count = inputs.length / IMAGE_BYTES;
    const outputs = new Float32Array(count * CLASSES.length);
    for (let first = 0; first < count; first += BATCH) {
      const batch = inputs.subarray(first * IMAGE_BYTES, (first + BATCH) * IMAGE_BYTES);
      const shape = [batch.length / IMAGE_BYTES, IMAGE_SIZE, IMAGE_SIZE, 3];
      const results = await runner.run(new Map([[INPUT, makeTensor('float32', shape, batch)]]));
      const softmax = results.get(OUTPUT);
      if (softmax !== undefined) outputs.set(tensorValues(softmax) as Float32Array, first * CLASSES.length);
    }
    return outputs;
  } finally {
    session.dispose();
    backend.dispose();
  }
}
