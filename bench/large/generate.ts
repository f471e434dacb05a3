/** Writes vgg16 twice into a folder: frozen (550 MB), and with variables and a checkpoint of the same size. Run: tsx generate.ts FOLDER */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { checkpointFiles } from '../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import { graphBytes } from '../../worker/graph/graphFile.ts';
import { vggGraph } from '../networks/vgg.ts';

const [folder = '.'] = process.argv.slice(2);

function write(name: string, chunks: Iterable<Uint8Array>): void {
  const file = openSync(path.join(folder, name), 'w');
  for (const chunk of chunks) writeSync(file, chunk);
}

/** Small numbers, different ones all the way. */
function values(count: number): Float32Array {
  let state = 1;
  return new Float32Array(count).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 36 - 2 ** -5;
  });
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
mkdirSync(path.join(folder, 'frozen'), { recursive: true });
write('frozen/vgg16.pb', graphBytes(vggGraph((net, name, shape) => net.floats(name, shape, values(size(shape))))));
const tensors = new Map<string, Tensor>();
const graph = vggGraph((net, name, shape) => {
  tensors.set(name, makeTensor('float32', shape, values(size(shape))));
  return net.variable(name, shape);
});
write('eval.pb', graphBytes(graph));
for (const { name, blob } of checkpointFiles('vgg16.ckpt', tensors)) {
  const slice = 2 ** 26;
  for (let at = 0, file = openSync(path.join(folder, name), 'w'); at < blob.size; at += slice) {
    writeSync(file, new Uint8Array(await blob.slice(at, at + slice).arrayBuffer()));
  }
}
