import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { Runner, type RunOptions, runGraph } from '../../../worker/execute/execute.ts';
import { Session } from '../../../worker/execute/session.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { memoryVariables, noVariables } from '../../../worker/graph/variables.ts';
import { inferStatic } from '../../../worker/ops/inferShapes.ts';
import { apply, constant, float, graphOf, int, placeholder, quantizer, same, text, variable } from './graphs.ts';

const numbers = (tensor: Tensor | undefined): number[] =>
  tensor === undefined ? [] : Array.from(Float64Array.from(tensorNumbers(tensor)));

describe('running a graph', () => {
  let wasm: Backend;
  beforeAll(async () => {
    wasm = await createBackend('wasm');
  });
  afterAll(() => wasm.dispose());

  const run = (graph: Graph, options: Partial<RunOptions> & Pick<RunOptions, 'fetches'>) =>
    runGraph(graph, { variables: noVariables, feeds: new Map([['x', float([1, 2], [1, -2])]]), backend: wasm, ...options });

  it('computes fetches from feeds, constants and variables, and holds nothing afterwards', async () => {
    const graph = graphOf(
      placeholder('x', [-1, 2]),
      variable('w', [2, 2]),
      apply('w/read', 'Identity', ['w']),
      constant('two', float([], [2])),
      apply('scaled', 'Mul', ['w/read', 'two']),
      apply('y', 'MatMul', ['x', 'scaled']),
      apply('z', 'Relu', ['y']),
    );
    const before = wasm.memory();
    const results = await run(graph, {
      fetches: ['z', 'y', 'scaled', 'x'],
      variables: memoryVariables(new Map([['w', float([2, 2], [1, 2, 3, 4])]])),
    });
    expect(numbers(results.get('y'))).toEqual([-10, -12]);
    expect(numbers(results.get('z'))).toEqual([0, 0]);
    expect(numbers(results.get('scaled'))).toEqual([2, 4, 6, 8]);
    expect(numbers(results.get('x'))).toEqual([1, -2]);
    expect(wasm.memory()).toBe(before);
  });

  it('takes a shape that follows from the batch', async () => {
    const graph = graphOf(
      placeholder('x', [-1, 2, 2]),
      apply('shape', 'Shape', ['x']),
      constant('zero', int([1], [0])),
      constant('one', int([1], [1])),
      apply('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], { shrink_axis_mask: { kind: 'int', value: 1 } }),
      constant('rest', int([], [-1])),
      apply('wanted', 'Pack', ['batch', 'rest'], { axis: { kind: 'int', value: 0 } }),
      apply('flat', 'Reshape', ['x', 'wanted']),
    );
    for (const images of [1, 3]) {
      const x = float(
        [images, 2, 2],
        Array.from({ length: images * 4 }, (_, i) => i),
      );
      const results = await run(graph, { feeds: new Map([['x', x]]), fetches: ['flat', 'wanted', 'shape'] });
      expect(results.get('flat')?.shape).toEqual([images, 4]);
      expect(numbers(results.get('wanted'))).toEqual([images, -1]);
      expect(numbers(results.get('shape'))).toEqual([images, 2, 2]);
    }
  });

  it('reads a resource variable by the name of its handle', async () => {
    const graph = graphOf(
      placeholder('x', [-1, 2]),
      { name: 'w', op: 'VarHandleOp', attrs: { shape: { kind: 'shape', value: [2] }, shared_name: text('weights') } },
      apply('w/Read', 'ReadVariableOp', ['w']),
      apply('y', 'Add', ['x', 'w/Read']),
    );
    const results = await run(graph, { fetches: ['y'], variables: memoryVariables(new Map([['weights', float([2], [10, 20])]])) });
    expect(numbers(results.get('y'))).toEqual([11, 18]);
  });

  it('lets a feed stand for any node, a default included', async () => {
    const graph = graphOf(
      placeholder('x', [-1, 2]),
      constant('default', float([2], [1, 1])),
      apply('scale', 'PlaceholderWithDefault', ['default']),
      apply('y', 'Mul', ['x', 'scale']),
    );
    expect(numbers((await run(graph, { fetches: ['y'] })).get('y'))).toEqual([1, -2]);
    const feeds = new Map([
      ['x', float([1, 2], [1, -2])],
      ['scale', float([2], [5, 7])],
    ]);
    expect(numbers((await run(graph, { fetches: ['y'], feeds })).get('y'))).toEqual([5, -14]);
  });

  it('walks a chain of 20,000 nodes without recursion', async () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => apply(`n${i + 1}`, 'Neg', [i === 0 ? 'x' : `n${i}`]));
    const results = await run(graphOf(placeholder('x', [-1, 2]), ...chain), { fetches: ['n20000'] });
    expect(numbers(results.get('n20000'))).toEqual([1, -2]);
  });

  describe('says before any work what stops it, and names the node', () => {
    const x = placeholder('x', [-1, 2]);
    const refusals: [string, Graph, Partial<RunOptions>, { code: string; about: string }][] = [
      ['an op that is not known', graphOf(x, apply('y', 'Bessel', ['x'])), {}, { code: 'op-unsupported', about: 'y' }],
      ['an op that only training has', graphOf(x, apply('y', 'AssignSub', ['x', 'x'])), {}, { code: 'op-unsupported', about: 'y' }],
      ['an input without data', graphOf(x, apply('y', 'Relu', ['x'])), { feeds: new Map() }, { code: 'input-unfed', about: 'x' }],
      [
        'a variable without value',
        graphOf(x, variable('w', [2]), apply('y', 'Add', ['x', 'w'])),
        {},
        { code: 'variable-missing', about: 'w' },
      ],
      [
        'control flow',
        graphOf(x, constant('p', { dtype: 'bool', shape: [], bytes: Uint8Array.of(1) }), apply('y', 'Switch', ['x', 'p'])),
        {},
        { code: 'graph-control-flow', about: 'y' },
      ],
      ['a cycle', graphOf(x, apply('a', 'Add', ['x', 'y']), apply('y', 'Relu', ['a'])), {}, { code: 'graph-cycle', about: 'a' }],
      ['an input that is not there', graphOf(x, apply('y', 'Relu', ['nowhere'])), {}, { code: 'graph-dangling-input', about: 'y' }],
      ['a fetch that is not there', graphOf(x), {}, { code: 'node-missing', about: 'y' }],
      [
        'data of another shape',
        graphOf(x, apply('y', 'Relu', ['x'])),
        { feeds: new Map([['x', float([1, 3], [1, 2, 3])]]) },
        { code: 'data-shape', about: 'x' },
      ],
      [
        'weights of another shape',
        graphOf(x, constant('w', float([3, 1], [1, 2, 3])), apply('y', 'MatMul', ['x', 'w'])),
        {},
        { code: 'shape-mismatch', about: 'y' },
      ],
      [
        'a checkpoint of another graph',
        graphOf(x, variable('w', [2]), apply('y', 'Add', ['x', 'w'])),
        { variables: memoryVariables(new Map([['w', float([5], [1, 2, 3, 4, 5])]])) },
        { code: 'shape-mismatch', about: 'w' },
      ],
      [
        'channels first',
        graphOf(
          placeholder('x', [-1, 3, 4, 4]),
          constant('w', float([1, 1, 3, 1], [1, 2, 3])),
          apply('y', 'Conv2D', ['x', 'w'], { ...same, data_format: text('NCHW') }),
        ),
        { feeds: new Map([['x', float([1, 3, 4, 4], new Array(48).fill(1))]]) },
        { code: 'op-unsupported', about: 'y' },
      ],
      ['axes that depend on data', graphOf(x, apply('y', 'Mean', ['x', 'x'])), {}, { code: 'op-unsupported', about: 'y' }],
      [
        'a threshold that makes no scale',
        graphOf(x, ...quantizer('y', 'x', Number.NaN, -8, 7)),
        {},
        { code: 'node-malformed', about: 'y' },
      ],
    ];
    it.each(refusals)('%s', async (_name, graph, options, wanted) => {
      const before = wasm.memory();
      await expect(run(graph, { fetches: ['y'], ...options })).rejects.toMatchObject(wanted);
      expect(wasm.memory()).toBe(before);
    });
  });

  it('does not mind what the fetches do not need', async () => {
    const graph = graphOf(placeholder('x', [-1, 2]), apply('y', 'Relu', ['x']), variable('unused', [3]), apply('other', 'Bessel', ['y']));
    expect(numbers((await run(graph, { fetches: ['y'] })).get('y'))).toEqual([1, 0]);
  });

  it('stops between two kernels when cancelled, and frees what it held', async () => {
    const chain = Array.from({ length: 10 }, (_, i) => apply(`n${i + 1}`, 'Neg', [i === 0 ? 'x' : `n${i}`]));
    const graph = graphOf(placeholder('x', [-1, 2]), ...chain);
    const controller = new AbortController();
    const seen: string[] = [];
    const before = wasm.memory();
    const cancelled = run(graph, {
      fetches: ['n10'],
      signal: controller.signal,
      onProgress: ({ node, done, total }) => {
        seen.push(node);
        expect(total).toBe(10);
        if (done === 3) controller.abort();
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual(['n1', 'n2', 'n3']);
    expect(wasm.memory()).toBe(before);
  });

  it('keeps constants between batches and gives an image the same result in any batch', async () => {
    const graph = graphOf(
      placeholder('x', [-1, 4, 4, 2]),
      constant(
        'w',
        float(
          [3, 3, 2, 3],
          Array.from({ length: 54 }, (_, i) => Math.sin(i)),
        ),
      ),
      apply('conv', 'Conv2D', ['x', 'w'], same),
      constant('axes', int([2], [1, 2])),
      apply('y', 'Mean', ['conv', 'axes']),
    );
    const session = new Session(graph, { variables: noVariables, backend: wasm, feeds: ['x'] });
    const runner = new Runner(session, ['y']);
    const image = (i: number): number[] => Array.from({ length: 32 }, (_, k) => Math.cos(k * (i + 1)));
    const all = numbers((await runner.run(new Map([['x', float([5, 4, 4, 2], [0, 1, 2, 3, 4].flatMap(image))]]))).get('y'));
    const held = wasm.memory();
    for (let i = 0; i < 5; i++) {
      const alone = numbers((await runner.run(new Map([['x', float([1, 4, 4, 2], image(i))]]))).get('y'));
      expect(alone).toEqual(all.slice(i * 3, i * 3 + 3));
    }
    expect(wasm.memory()).toBe(held);
    session.dispose();
    expect(wasm.memory()).toBe(held - 54 * 4);
  });
});

describe('a session, node by node', () => {
  it('binds a node once, computes it for each batch, and follows a variable that changes', async () => {
    const wasm = await createBackend('wasm');
    const graph = graphOf(
      placeholder('x', [-1, 2]),
      variable('threshold', []),
      constant('base', float([], [2])),
      apply('power', 'Pow', ['base', 'threshold']),
      constant('levels', float([], [128])),
      apply('scale', 'RealDiv', ['power', 'levels']),
      constant('min', float([], [-128])),
      constant('max', float([], [127])),
      apply('q', 'LinearQuant', ['x', 'scale', 'min', 'max']),
    );
    const session = new Session(graph, {
      variables: memoryVariables(new Map([['threshold', float([], [0])]])),
      backend: wasm,
      feeds: ['x'],
    });
    const { numbers: known } = inferStatic(graph);
    const x = wasm.upload(float([1, 2], [0.51, 3]));
    const quantized = async (): Promise<number[]> => {
      const bound = await session.bind(graph.node('q'), known);
      expect(bound.varying).toEqual([{ slot: 0, edge: { node: 'x', port: 0 } }]);
      const [value] = bound.compute([x]);
      if (value === undefined) throw new Error('nothing computed');
      return numbers(await wasm.read(value));
    };
    expect(await quantized()).toEqual([65 / 128, 127 / 128]);
    session.assign('threshold', float([], [2]));
    expect(await quantized()).toEqual([0.5, 3]);
    expect([...session.constants.dependents('threshold')].sort()).toEqual(['power', 'scale', 'threshold']);
    session.dispose();
    wasm.dispose();
  });
});

describe('starting a backend', () => {
  it('is refused while another of the library runs, and frees everything at the end', async () => {
    const first = await createBackend('wasm');
    first.upload(float([4], [1, 2, 3, 4]));
    await expect(createBackend('wasm')).rejects.toMatchObject({ code: 'backend-unavailable' });
    first.dispose();
    const second = await createBackend('wasm');
    expect(second.memory()).toBe(0);
    second.dispose();
  });

  it('never gives another backend than the one asked for', async () => {
    await expect(createBackend('webgpu')).rejects.toMatchObject({ code: 'backend-unavailable' });
  });

  it('says so when its memory is used up', async () => {
    const wasm = await createBackend('wasm');
    const before = wasm.memory();
    for (const size of [2 ** 30 - 1024, 2 ** 30, 2 ** 31]) {
      expect(() => wasm.make([size], () => undefined)).toThrowError(expect.objectContaining({ code: 'memory-budget' }));
    }
    expect(wasm.memory()).toBe(before);
    const value = wasm.make([4], (target) => target.fill(7));
    expect(numbers(await wasm.read(value))).toEqual([7, 7, 7, 7]);
    wasm.dispose();
  });

  it('lends and takes elements without their going through a tensor', async () => {
    const wasm = await createBackend('wasm');
    for (const backend of [wasm, await createBackend('reference')]) {
      const value = backend.make([2, 2], (target) => target.set([1, 2, 3, 4]));
      expect(value.shape).toEqual([2, 2]);
      expect(await backend.withFloats(value, (elements) => Array.from<number>(elements).reduce((a, b) => a + b, 0))).toBe(10);
      backend.release(value);
    }
    expect(wasm.memory()).toBe(0);
    wasm.dispose();
  });
});
