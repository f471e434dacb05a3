import { requestFromArguments } from '../worker/engine/commandLine.ts';
import type { GraphInterface, Skip } from '../worker/protocol.ts';
import { readModelFiles } from './files.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { table } from './table.ts';

export interface ExplainOptions {
  readonly node?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly input_shape?: readonly string[];
  readonly json?: boolean;
}

/** What stays in float when a graph is quantized, where it leaves the nearest pattern, and the mend. */
export async function explainCommand(graph: string, options: ExplainOptions): Promise<number> {
  const engine = createNodeEngine({ backend: 'wasm' });
  try {
    const { guess } = await engine.open(await readModelFiles(graph, {}));
    const all = await engine.explain(wantedInterface(guess, options));
    const found = all.filter(({ node }) => options.node === undefined || node === options.node);
    process.stdout.write(options.json === true ? `${JSON.stringify(found, null, 2)}\n` : `${explainText(found, options.node)}\n`);
    return 0;
  } finally {
    await engine.dispose();
  }
}

function wantedInterface(guess: GraphInterface, { inputs, outputs, input_shape }: ExplainOptions): GraphInterface {
  const named = { inputs: inputs ?? guess.inputs, outputs: outputs ?? guess.outputs };
  if (input_shape === undefined) return { ...guess, ...named };
  return requestFromArguments({ ...named, input_shape, transforms: [] }).interface;
}

function explainText(found: readonly Skip[], node: string | undefined): string {
  if (found.length === 0) return node === undefined ? 'Nothing stays in float.' : `'${node}' does not stay in float.`;
  const rows = found.map(({ node: name, reason, remedy, nearest }) => {
    const edge = nearest?.matchedUpTo;
    return [name, nearest?.pattern ?? '', edge === undefined || edge === null ? '' : `${edge.from} → ${edge.to}`, reason, remedy ?? ''];
  });
  return table(['node', 'nearest pattern', 'stops at', 'why', 'mend'], rows);
}
