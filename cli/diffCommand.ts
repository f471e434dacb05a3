import { differenceText, diffGraphs } from '../worker/graph/diff.ts';
import { openGraphFile } from '../worker/graph/graphFile.ts';
import { graphPath, readSource } from './files.ts';

export interface DiffOptions {
  readonly limit: string;
  readonly json?: boolean;
}

/** Compares two graphs node by node: names, ops, inputs, control inputs, attributes. @returns 0 equal, 1 different */
export async function diffCommand(expected: string, actual: string, options: DiffOptions): Promise<number> {
  const [left, right] = await Promise.all([readGraph(expected), readGraph(actual)]);
  const differences = diffGraphs(left, right);
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ expectedNodes: left.nodes.length, actualNodes: right.nodes.length, differences }, null, 2)}\n`,
    );
  } else {
    for (const difference of differences.slice(0, Number(options.limit))) process.stdout.write(`${differenceText(difference)}\n`);
    process.stdout.write(`${left.nodes.length} nodes expected, ${right.nodes.length} actual, ${differences.length} differences\n`);
  }
  return differences.length === 0 ? 0 : 1;
}

async function readGraph(file: string) {
  return (await openGraphFile(await readSource(await graphPath(file)))).graph;
}
