import { describe, expect, it } from 'vitest';
import { Constants } from '../../../worker/execute/constants.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { VariableSource } from '../../../worker/graph/model.ts';
import { memoryVariables, noVariables } from '../../../worker/graph/variables.ts';
import { apply, constant, float, graphOf, int, placeholder, variable } from './graphs.ts';

const value = (constants: Constants, node: string): Promise<number[]> =>
  constants.numbers({ node, port: 0 }).then((numbers) => [...numbers]);

describe('the constant part of a graph', () => {
  it('is what depends on constants and variables alone', () => {
    const graph = graphOf(
      placeholder('x', [-1]),
      variable('w', [1]),
      constant('c', float([], [1])),
      apply('sum', 'Add', ['w', 'c']),
      apply('mixed', 'Add', ['sum', 'x']),
      constant('size', int([1], [4])),
      apply('random', 'RandomUniform', ['size']),
      apply('noise', 'Neg', ['random']),
      apply('unknown', 'Bessel', ['c']),
    );
    const constants = new Constants(graph, noVariables);
    expect(graph.nodes.map(({ name }) => name).filter((name) => constants.has(name))).toEqual(['w', 'c', 'sum', 'size']);
    expect(constants.missing(['sum', 'mixed'])).toEqual(['w']);
    expect(constants.missing(['c'])).toEqual([]);
    expect(new Constants(graph, noVariables, new Set(['w'])).has('sum')).toBe(false);
  });

  it('is computed in float32, every op rounding once', async () => {
    const [gamma, variance, epsilon] = [0.7, 0.3, 0.001].map(Math.fround) as [number, number, number];
    const graph = graphOf(
      constant('gamma', float([], [gamma])),
      constant('variance', float([], [variance])),
      constant('epsilon', float([], [epsilon])),
      apply('sum', 'Add', ['variance', 'epsilon']),
      apply('root', 'Rsqrt', ['sum']),
      apply('k', 'Mul', ['gamma', 'root']),
    );
    const root = Math.fround(1 / Math.sqrt(Math.fround(variance + epsilon)));
    expect(await value(new Constants(graph, noVariables), 'k')).toEqual([Math.fround(gamma * root)]);
  });

  it('computes powers of two exactly over the whole range of float32', async () => {
    const exponents = Array.from({ length: 253 }, (_, i) => i - 126);
    const graph = graphOf(constant('two', float([], [2])), constant('n', float([253], exponents)), apply('p', 'Pow', ['two', 'n']));
    const exact = exponents.map((n) => new Float32Array(Uint32Array.of((n + 127) << 23).buffer)[0]);
    expect(await value(new Constants(graph, noVariables), 'p')).toEqual(exact);
  });

  it('computes in double where the graph says so', async () => {
    const graph = graphOf(constant('third', makeTensor('float64', [], [1 / 3])), apply('sum', 'Add', ['third', 'third']));
    expect(await value(new Constants(graph, noVariables), 'sum')).toEqual([2 / 3]);
  });

  it('reads a variable once, and again only after it was given another value', async () => {
    let reads = 0;
    const stored = memoryVariables(new Map([['w', float([1], [3])]]));
    const source: VariableSource = {
      ...stored,
      read: (name) => {
        reads++;
        return stored.read(name);
      },
    };
    const graph = graphOf(variable('w', [1]), apply('a', 'Neg', ['w']), apply('b', 'Neg', ['a']), apply('c', 'Neg', ['w']));
    const constants = new Constants(graph, source);
    expect([await value(constants, 'b'), await value(constants, 'c'), await value(constants, 'a')]).toEqual([[3], [-3], [-3]]);
    expect(reads).toBe(1);
    constants.assign('w', float([1], [8]));
    expect([await value(constants, 'b'), await value(constants, 'c')]).toEqual([[8], [-8]]);
    expect(reads).toBe(1);
  });

  it('does not keep large results, and gives the same ones when asked again', async () => {
    const size = 70_000;
    const graph = graphOf(
      constant(
        'w',
        float(
          [size],
          Array.from({ length: size }, (_, i) => i),
        ),
      ),
      constant('two', float([], [2])),
      apply('y', 'Mul', ['w', 'two']),
    );
    const constants = new Constants(graph, noVariables);
    for (let i = 0; i < 2; i++) {
      const tensor = await constants.tensor({ node: 'y', port: 0 });
      expect(tensorNumbers(tensor)[size - 1]).toBe(2 * (size - 1));
    }
  });

  it('names a variable without value and one of another shape', async () => {
    const graph = graphOf(variable('w', [2]), apply('y', 'Neg', ['w']));
    await expect(value(new Constants(graph, noVariables), 'y')).rejects.toMatchObject({ code: 'variable-missing', about: 'w' });
    const other = memoryVariables(new Map([['w', float([3], [1, 2, 3])]]));
    await expect(value(new Constants(graph, other), 'y')).rejects.toMatchObject({ code: 'shape-mismatch', about: 'w' });
    await expect(value(new Constants(graphOf(placeholder('x', [1])), noVariables), 'x')).rejects.toMatchObject({
      code: 'node-malformed',
      about: 'x',
    });
  });
});
