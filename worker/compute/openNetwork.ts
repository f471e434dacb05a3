import type { Backend } from '../execute/backend.ts';
import { Constants } from '../execute/constants.ts';
import { createBackend } from '../execute/createBackend.ts';
import { needsFloat64 } from '../execute/exactness.ts';
import { Runner } from '../execute/execute.ts';
import { Session } from '../execute/session.ts';
import { parseEdge } from '../graph/graph.ts';
import type { NetworkToEvaluate } from './messages.ts';
import { openPortable } from './portableModel.ts';

/** A network with its constants on a backend: the worker's, or the reference where the graph needs float64 that the worker's does not have. */
export interface OpenNetwork {
  readonly session: Session;
  readonly runner: Runner;
  /** Frees it. The worker's backend stays. */
  dispose(): void;
}

/** @throws GraffitistError as the readers of graph and checkpoint do; whatever would stop a run, naming the node, before any work */
export async function openNetwork(
  { model, input, outputs }: Pick<NetworkToEvaluate, 'model' | 'input' | 'outputs'>,
  backend: Backend,
): Promise<OpenNetwork> {
  const { graph, variables } = await openPortable(model);
  const feeds = [input];
  const nodes = outputs.map((output) => parseEdge(output).node);
  const wide = backend.name !== 'reference' && (await needsFloat64(graph, new Constants(graph, variables, new Set(feeds)), nodes));
  const reference = wide ? await createBackend('reference') : null;
  const session = new Session(graph, { variables, backend: reference ?? backend, feeds });
  return {
    session,
    runner: new Runner(session, outputs),
    dispose() {
      session.dispose();
      reference?.dispose();
    },
  };
}
