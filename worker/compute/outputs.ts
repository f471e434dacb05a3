import { GraffitistError } from '../errors.ts';
import type { Backend } from '../execute/backend.ts';
import { Constants } from '../execute/constants.ts';
import { createBackend } from '../execute/createBackend.ts';
import { needsFloat64 } from '../execute/exactness.ts';
import { Runner } from '../execute/execute.ts';
import { Session } from '../execute/session.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { parseEdge } from '../graph/graph.ts';
import { type CallContext, Transferred } from './channel.ts';
import { imagesPerCall } from './chunking.ts';
import { openImages } from './images.ts';
import type { ComputeCalls } from './messages.ts';
import { openPortable } from './portableModel.ts';

type Outputs = ComputeCalls['outputs']['result'];

/**
 * One output of a model for a share of the images. Where the graph computes in float64 and float32 might give other numbers, the reference
 * backend computes it, slowly. @throws GraffitistError whatever stops the run, naming the node */
export async function runOutputs(
  args: ComputeCalls['outputs']['args'],
  backend: Backend,
  context: CallContext,
): Promise<Transferred<Outputs>> {
  const { graph, variables } = await openPortable(args.model);
  const readers = await Promise.all(args.images.map(openImages));
  const feeds = readers.map(({ input }) => input);
  const wide =
    backend.name !== 'reference' &&
    (await needsFloat64(graph, new Constants(graph, variables, new Set(feeds)), [parseEdge(args.output).node]));
  const reference = wide ? await createBackend('reference') : null;
  const session = new Session(graph, { variables, backend: reference ?? backend, feeds });
  try {
    const runner = new Runner(session, [args.output]);
    const total = readers[0]?.count ?? 0;
    const step = imagesPerCall(session, readers);
    const parts: Float32Array[] = [];
    for (let first = 0; first < total; first += step) {
      const count = Math.min(step, total - first);
      const fed = new Map<string, ReturnType<typeof makeTensor>>();
      for (const { input, shape, read } of readers) fed.set(input, makeTensor('float32', [count, ...shape], await read(first, count)));
      const result = (await runner.run(fed, { signal: context.signal })).get(args.output);
      const numbers = result === undefined ? new Float32Array(0) : tensorNumbers(result);
      if (numbers.length % count !== 0) {
        throw new GraffitistError('shape-mismatch', `Output '${args.output}' does not have one row per image.`, { about: args.output });
      }
      parts.push(numbers instanceof Float32Array ? numbers : new Float32Array(numbers));
      context.progress(first + count);
    }
    const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return new Transferred({ values, perImage: total === 0 ? 0 : values.length / total }, [values.buffer]);
  } finally {
    session.dispose();
    reference?.dispose();
  }
}
