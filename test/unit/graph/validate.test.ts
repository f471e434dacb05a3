import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { controlFlowNodes, refuseControlFlow, validateGraph } from '../../../worker/graph/validate.ts';

const graphOf = (nodes: Record<string, readonly [op: string, ...inputs: string[]]>): Graph =>
  new Graph(
    Object.entries(nodes).map(
      ([name, [op, ...inputs]]) => new GraphNode({ name, op, inputs, device: '', attrs: new Map(), raw: undefined }),
    ),
  );

function refusal(work: () => void): GraffitistError {
  try {
    work();
  } catch (error) {
    if (error instanceof GraffitistError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** A while loop as TensorFlow 1 writes it. */
const LOOP = {
  zero: ['Const'],
  enter: ['Enter', 'zero'],
  merge: ['Merge', 'enter', 'next'],
  limit: ['Const', '^merge'],
  less: ['Less', 'merge', 'limit'],
  cond: ['LoopCond', 'less'],
  switch: ['Switch', 'merge', 'cond'],
  body: ['Identity', 'switch:1'],
  next: ['NextIteration', 'body'],
  exit: ['Exit', 'switch'],
} as const;

describe('graph validation', () => {
  it('takes a graph in any order, with control inputs and outputs of higher number', () => {
    validateGraph(graphOf({ c: ['Add', 'a', 'b:1', '^a'], a: ['Const'], b: ['Split', 'a'] }));
  });

  it.each([
    ['data', 'nowhere'],
    ['data', 'nowhere:2'],
    ['control', '^nowhere'],
  ])('names a dangling %s input %s', (_, input) => {
    const error = refusal(() => validateGraph(graphOf({ a: ['Const'], b: ['Identity', 'a', input] })));
    expect(error).toMatchObject({ code: 'graph-dangling-input', about: 'b', message: "Input node 'nowhere' of node 'b' not found." });
  });

  it('names the nodes of a circle, of control inputs too, and not those that hang on it', () => {
    const error = refusal(() =>
      validateGraph(
        graphOf({ a: ['Const'], b: ['Add', 'a', 'd'], c: ['Identity', 'b'], d: ['Identity', 'a', '^c'], e: ['Identity', 'd'] }),
      ),
    );
    expect(error.code).toBe('graph-cycle');
    expect(error.message).toBe("Nodes feed each other in a circle: 'c' → 'd' → 'b' → 'c'.");
  });

  it('names a node that feeds itself', () => {
    expect(refusal(() => validateGraph(graphOf({ a: ['Identity', 'a'] }))).message).toContain("'a' → 'a'");
  });

  it('takes a while loop to look at, and refuses to go on with it', () => {
    const graph = graphOf(LOOP);
    validateGraph(graph);
    expect(controlFlowNodes(graph).map((node) => node.name)).toEqual(['enter', 'merge', 'cond', 'switch', 'next', 'exit']);
    expect(refusal(() => refuseControlFlow(graph))).toMatchObject({ code: 'graph-control-flow', about: 'enter' });
  });

  it('ADM3: control flow counts where an output depends on it', () => {
    const graph = graphOf({ ...LOOP, other: ['Const'], beside: ['Identity', 'other'], waits: ['Identity', 'other', '^exit'] });
    expect(() => refuseControlFlow(graph, ['beside'])).not.toThrow();
    expect(refusal(() => refuseControlFlow(graph, ['beside', 'exit'])).code).toBe('graph-control-flow');
    expect(refusal(() => refuseControlFlow(graph, ['waits'])).code).toBe('graph-control-flow');
  });

  it('refuses a circle in the body of a while loop', () => {
    const graph = graphOf({ ...LOOP, body: ['Add', 'switch:1', 'more'], more: ['Identity', 'body'] });
    expect(refusal(() => validateGraph(graph)).code).toBe('graph-cycle');
  });

  it('goes through a chain of 200,000 nodes', () => {
    const chain = Array.from(
      { length: 200_000 },
      (_, i) =>
        new GraphNode({
          name: `n${i}`,
          op: 'Identity',
          inputs: i === 0 ? [] : [`n${i - 1}`],
          device: '',
          attrs: new Map(),
          raw: undefined,
        }),
    );
    validateGraph(new Graph(chain.reverse()));
  });
});
