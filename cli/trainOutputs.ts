import path from 'node:path';
import type { Engine } from '../worker/protocol.ts';
import { type Output, writeOutputs } from './outputs.ts';

/**
 * TRC6: what a run came to: the inference graph with its variables, its checkpoint and MetaGraph, the same graph frozen, the recipe and the
 * report.
 * @returns the paths of what was written
 */
export async function writeTrained(engine: Engine, folder: string, document: string): Promise<string[]> {
  const name = `${document}_retrained`;
  const at = (file: string): string => path.join(folder, file);
  const [graph, ...beside] = await engine.download('graffitist');
  const [frozen] = await engine.download('frozen');
  const others = [...(await engine.download('recipe')), ...(await engine.download('training-report'))];
  const outputs: Output[] = [
    ...(graph === undefined ? [] : [{ path: at(`${name}.pb`), blob: graph.blob }]),
    ...beside.map((file) => ({ path: at(file.name), blob: file.blob })),
    ...(frozen === undefined ? [] : [{ path: at(`${name}_frozen.pb`), blob: frozen.blob }]),
    ...others.map((file) => ({ path: at(file.name), blob: file.blob })),
  ];
  await writeOutputs(outputs);
  return outputs.map((output) => output.path);
}
