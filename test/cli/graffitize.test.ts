import { execFile, spawn } from 'node:child_process';
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffGraphs } from '../../worker/graph/diff.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../shared.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(root, 'cli', 'graffitize.mjs');
const optimize = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], cwd?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd, maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

const graph = async (file: string) => openGraph(new Uint8Array(await readFile(file)), path.basename(file));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graffitize-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('graffitize on the sample model', () => {
  const sample = path.join(root, 'public', 'sample');
  const interfaceArgs = ['--inputs', 'input', '--outputs', 'MobilenetV1/Predictions/Softmax', '--input_shape', '32,32,3'];

  it('lists every transform with options and defaults', async () => {
    const { code, out } = await run(['-h']);
    expect(code).toBe(0);
    for (const name of [...optimize, 'quantize', 'weight_bits=-8', '--in_ckpt']) expect(out).toContain(name);
  });

  it('ZOO8 takes a recipe of the table by its name, under the names and the shape that the graph has', async () => {
    const model = path.join(folder, 'preset');
    await mkdir(model);
    await cp(path.join(sample, 'shapes_mnv1_eval.pb'), path.join(model, 'model.pb'));
    const done = await run(['--recipe', 'mobilenet_v1/retrained-int4', '--in_graph', 'model.pb', '--out_graph', 'int4.pb'], model);
    expect(done.err).not.toContain('error');
    const layers = ['first_layer=MobilenetV1/MobilenetV1/Conv2d_0/Conv2D', 'last_layer=MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D'];
    const quantize = `quantize(calibrate_quant_layers=False, weight_bits=-4, ${layers.join(', ')})`;
    await run(['--in_graph', 'model.pb', '--out_graph', 'same.pb', ...interfaceArgs, '--transforms', ...optimize, quantize], model);
    expect(await readFile(path.join(model, 'int4.pb'))).toEqual(await readFile(path.join(model, 'same.pb')));

    const inspected = await run(['inspect', 'model.pb'], model);
    expect(inspected.out).toContain('network  MobileNet v1 (12 of 28 layers, 16 instead of 32 channels in the first layer');
    expect(inspected.out).toContain('mobilenet_v1/int4');
    const other = await run(['--recipe', 'vgg16/int8', '--in_graph', 'model.pb', '--out_graph', 'x.pb'], model);
    expect(other.err).toContain("No node named 'vgg_16/fc8/squeezed' found in the graph.");
  });

  it('ZOO8 lists the table, and names it where a recipe is neither there nor a file', async () => {
    const { out } = await run(['zoo']);
    for (const word of ['inception_v4', 'InceptionV4/Logits/Logits/MatMul', '608×608×3', 'retrained-int4']) expect(out).toContain(word);
    const args = ['--in_graph', 'x.pb', '--out_graph', 'y.pb'];
    expect((await run(['--recipe', 'vgg17/int8', ...args])).err).toMatch(/Recipe file 'vgg17\/int8' does not exist!.*vgg16, vgg19/);
    expect((await run(['--recipe', 'yolo_v2/train-int8', ...args])).err).toContain('It has yolo_v2/optimized, yolo_v2/int8, yolo_v2/int4.');
  });

  it('writes what the original writes: the graph, the checkpoint beside the input, and nothing else', async () => {
    const model = path.join(folder, 'files');
    await mkdir(model);
    for (const name of [
      'shapes_mnv1_eval.pb',
      'shapes_mnv1.ckpt.index',
      'shapes_mnv1.ckpt.data-00000-of-00001',
      'checkpoint',
      'calibration_set.npy',
    ]) {
      await cp(path.join(sample, name), path.join(model, name));
    }
    const before = await readdir(model);
    const done = await run(
      ['--in_graph', 'shapes_mnv1_eval.pb', '--out_graph', 'out/int8.pb', ...interfaceArgs, '--transforms', ...optimize, 'quantize'],
      model,
    );
    expect(done.err).not.toContain('error');
    expect(done.code).toBe(0);
    const added = (await readdir(model)).filter((name) => !before.includes(name)).sort();
    expect(added).toEqual(['out', 'shapes_mnv1_graffitist.ckpt.data-00000-of-00001', 'shapes_mnv1_graffitist.ckpt.index']);
    expect(await readFile(path.join(model, 'checkpoint'), 'utf8')).toContain('"shapes_mnv1_graffitist.ckpt"');

    const inspected = await run(['inspect', 'out/int8.pb', '--in_ckpt', 'shapes_mnv1_graffitist.ckpt', '--json'], model);
    const { quantizers } = JSON.parse(inspected.out) as { quantizers: { log2t: number | null }[] };
    expect(quantizers.length).toBeGreaterThan(20);
    expect(quantizers.every((row) => row.log2t !== null)).toBe(true);

    // A second run in recipe 3c form picks the thresholds up by name and gives the same graph.
    const again = await run(
      [
        '--in_graph',
        'shapes_mnv1_eval.pb',
        '--out_graph',
        'out/3c.pb',
        ...interfaceArgs,
        '--transforms',
        ...optimize,
        'quantize(calibrate_quant_layers=False)',
      ],
      model,
    );
    expect(again.code).toBe(0);
    expect(again.out).not.toContain('QNT30');
    expect(await readFile(path.join(model, 'out/3c.pb'))).toEqual(await readFile(path.join(model, 'out/int8.pb')));
  });

  it('a frozen result reopens with the same thresholds and runs again to the same bytes', async () => {
    const args = [
      '--in_graph',
      path.join(sample, 'shapes_mnv1_frozen.pb'),
      ...interfaceArgs,
      '--freeze',
      '--json',
      '--transforms',
      ...optimize,
      'quantize',
    ];
    const first = await run([...args, '--out_graph', path.join(folder, 'a.pb')]);
    const second = await run([...args, '--out_graph', path.join(folder, 'b.pb')]);
    expect(first.code + second.code).toBe(0);
    expect(await readFile(path.join(folder, 'a.pb'))).toEqual(await readFile(path.join(folder, 'b.pb')));
    const { quantizers } = JSON.parse((await run(['inspect', path.join(folder, 'a.pb'), '--json'])).out) as {
      quantizers: { log2t: number | null }[];
    };
    expect(quantizers.every((row) => row.log2t !== null)).toBe(true);
    expect((await run(['diff', path.join(folder, 'a.pb'), path.join(folder, 'b.pb')])).code).toBe(0);
    expect((await run(['diff', path.join(folder, 'a.pb'), path.join(sample, 'shapes_mnv1_frozen.pb')])).code).toBe(1);
  });

  it('refuses with the text of the page, code 1, and nothing written', async () => {
    const args = [
      '--in_graph',
      path.join(sample, 'shapes_mnv1_frozen.pb'),
      '--out_graph',
      path.join(folder, 'none.pb'),
      ...interfaceArgs,
      '--transforms',
    ];
    const order = await run([...args, 'quantize']);
    expect(order).toMatchObject({ code: 1 });
    expect(order.err).toContain("Transform 'quantize' requires 'fix_input_shape' to be applied first!");
    const unknown = await run([...args, 'fold_the_sheets']);
    expect(unknown.err).toContain("'fold_the_sheets' is not known");
    expect(unknown.err).toContain('fix_input_shape, fold_batch_norms');
    expect((await run([...args, 'quantize(foo=1)'])).err).toMatch(/no option 'foo'.*weight_bits/s);
    expect((await run([...args, 'quantize(weight_threshold=4sd)'])).err).toMatch(/3sd/);
    expect((await run(['--in_graph', 'missing.pb', '--out_graph', 'x.pb', ...interfaceArgs])).err).toContain(
      "Input graph file 'missing.pb' does not exist!",
    );
    expect((await run(['--nonsense'])).code).toBe(2);
    expect(await readdir(folder)).not.toContain('none.pb');
  });

  it('QNT59 explains what stays in float', async () => {
    const outcome = await run(['explain', path.join(sample, 'shapes_mnv1_frozen.pb')]);
    expect(outcome).toMatchObject({ code: 0, out: 'Nothing stays in float.\n' });
    const json = await run(['explain', path.join(sample, 'shapes_mnv1_frozen.pb'), ...interfaceArgs, '--json']);
    expect(JSON.parse(json.out)).toEqual([]);
  });

  it('writes all results or none, never over an input, and devices as they are', async () => {
    const model = path.join(folder, 'with blanks and ümläuts 名');
    await mkdir(model);
    for (const name of ['shapes_mnv1_eval.pb', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001', 'calibration_set.npy'])
      await cp(path.join(sample, name), path.join(model, name));
    const args = ['--in_graph', 'shapes_mnv1_eval.pb', ...interfaceArgs, '--transforms', ...optimize, 'quantize', '--out_graph'];
    const before = (await readdir(model)).sort();
    const refused: readonly (readonly [out: string, text: RegExp])[] = [
      ['.', /'\.' cannot be written \(it is a folder\)/],
      ['shapes_mnv1_eval.pb/out.pb', /a file stands in its path/],
      ['calibration_set.npy', /would take the place of 'calibration_set.npy'/],
    ];
    for (const [out, text] of refused) {
      const { code, err } = await run([...args, out], model);
      expect(code).toBe(1);
      expect(err).toMatch(text);
      expect(err).not.toContain('Calibrate');
    }
    expect((await readdir(model)).sort()).toEqual(before);

    // Whoever may write everywhere hears it from the file system, and at once.
    if (process.platform === 'linux')
      expect((await run([...args, '/proc/none/out.pb'], model)).err).toMatch(/'\/proc\/none\/out\.pb' cannot be written/);
    expect((await readdir(model)).sort()).toEqual(before);

    // The checkpoint cannot be written: the graph is not either.
    const inTheWay = 'shapes_mnv1_graffitist.ckpt.index';
    await mkdir(path.join(model, inTheWay));
    const { code, err } = await run([...args, 'out.pb', '--in_ckpt', 'shapes_mnv1.ckpt'], model);
    expect(code).toBe(1);
    expect(err).toContain(`'${inTheWay}' cannot be written (it is a folder)`);
    expect((await readdir(model)).sort()).toEqual([...before, inTheWay].sort());
    await rm(path.join(model, inTheWay), { recursive: true });

    await symlink('target.pb', path.join(model, 'link.pb'));
    await writeFile(path.join(model, 'target.pb'), 'old');
    expect((await run([...args, 'link.pb', '--in_ckpt', 'shapes_mnv1.ckpt'], model)).code).toBe(0);
    expect((await lstat(path.join(model, 'link.pb'))).isSymbolicLink()).toBe(true);
    expect((await stat(path.join(model, 'target.pb'))).size).toBeGreaterThan(10_000);
    expect((await run([...args, '/dev/null', '--in_ckpt', 'shapes_mnv1.ckpt'], model)).code).toBe(0);
    expect((await stat('/dev/null')).isFile()).toBe(false);
  });

  it('says which file cannot be read, and why', async () => {
    const model = path.join(folder, 'broken');
    await mkdir(model);
    for (const name of ['shapes_mnv1_eval.pb', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001', 'calibration_set.npy'])
      await cp(path.join(sample, name), path.join(model, name));
    const args = ['--in_graph', 'shapes_mnv1_eval.pb', '--out_graph', 'out.pb', ...interfaceArgs, '--transforms', ...optimize, 'quantize'];
    await writeFile(path.join(model, 'broken.npy'), 'no array');
    expect((await run([...args, '--calibration', 'broken.npy'], model)).err).toMatch(
      /\[npy-malformed\] broken\.npy: .*does not start as one/,
    );
    expect((await run([...args, '--calibration', 'none.npy'], model)).err).toContain("Calibration file 'none.npy' does not exist!");
    expect((await run([...args, '--recipe', 'none.json'], model)).err).toContain("Recipe file 'none.json' does not exist!");
    const index = path.join(model, 'shapes_mnv1.ckpt.index');
    await writeFile(index, (await readFile(index)).subarray(0, 100));
    expect((await run(args, model)).err).toMatch(/\[checkpoint-corrupt\] shapes_mnv1\.ckpt\.index: /);
    expect(await readdir(model)).not.toContain('out.pb');
  });

  it('stopped by Ctrl-C it ends with code 130 and nothing written', async () => {
    const model = path.join(folder, 'stopped');
    await mkdir(model);
    for (const name of ['shapes_mnv1_frozen.pb', 'calibration_set.npy']) await cp(path.join(sample, name), path.join(model, name));
    const args = [
      '--in_graph',
      'shapes_mnv1_frozen.pb',
      '--out_graph',
      'out.pb',
      ...interfaceArgs,
      '--transforms',
      ...optimize,
      'quantize',
    ];
    const child = spawn(process.execPath, [program, ...args], { cwd: model, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (data: Buffer) => {
      if (err === '') child.kill('SIGINT');
      err += data.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(130);
    expect(err).toContain('[cancelled]');
    expect((await readdir(model)).sort()).toEqual(['calibration_set.npy', 'shapes_mnv1_frozen.pb']);
  });

  it('says what a file is that is no graph', async () => {
    const picture = path.join(folder, 'picture.pb');
    await writeFile(picture, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
    const { code, err } = await run(['inspect', picture]);
    expect(code).toBe(1);
    expect(err).toContain('PNG');
  });
});

describeShared('graffitize on a SavedModel', () => {
  it('reads its folder, and writes the graph in every form, the same one', async () => {
    const net = shared('cases/nets/small_mobilenet_v2');
    const args = (input: string, out: string) => [
      ...['--in_graph', input, '--out_graph', out, '--inputs', 'input', '--outputs', 'MobilenetV2/Predictions/Softmax'],
      ...['--input_shape', '64,64,3', '--transforms', ...optimize],
    ];
    const model = path.join(net, 'saved_model');
    const expected = openGraph(gunzipSync(await readFile(path.join(net, 'recipe1.pb.gz'))), 'recipe1.pb');
    const outs = ['forms/a.pb', 'forms/a.pbtxt', 'forms/a.meta', 'forms/model/', 'forms/other/saved_model.pb'].map((out) =>
      path.join(folder, out),
    );
    for (const out of outs) {
      const done = await run(args(model, out));
      expect(done.err).not.toContain('error');
      const file = out.endsWith('/') ? `${out}saved_model.pb` : out;
      const written = await graph(file);
      for (const node of expected.nodes) expect(written.find(node.name)?.op).toBe(node.op);
      // MetaGraph and SavedModel have a saver besides.
      if (/\.pb(txt)?$/.test(out) && !out.includes('model')) expect(diffGraphs(expected, written)).toEqual([]);
    }
    expect((await readdir(path.join(folder, 'forms/model/variables'))).sort()).toEqual([
      'variables.data-00000-of-00001',
      'variables.index',
    ]);
    // A SavedModel written here goes in again, by its file and with its tag.
    const again = await run([...args(outs[4] ?? '', path.join(folder, 'forms/b.pb')), '--saved_model_tag', 'serve', '--freeze']);
    expect(again.code).toBe(0);
    const refused = await run([...args(model, path.join(folder, 'forms/c.pb')), '--saved_model_tag', 'gpu']);
    expect(refused.err).toMatch(/\[saved-model-tag\].*'serve'/);
    expect((await run(args(net, path.join(folder, 'forms/c.pb')))).err).toContain('[file-missing]');
  });
});

describeShared('graffitize on the real MobileNet', () => {
  it('gives the graph of the original, node for node, from batch norm in small ops', async () => {
    const out = path.join(folder, 'mobilenet_int8.pb');
    const args = [
      ...['--in_graph', shared('models/mobilenet_v1_0.25_128/frozen_graph.pb'), '--out_graph', out],
      ...['--inputs', 'input', '--outputs', 'MobilenetV1/Predictions/Softmax', '--input_shape', '128,128,3'],
      ...['--calibration', shared('cases/imagenet_mobilenet/calibration_set.npy')],
      ...['--freeze', '--transforms', ...optimize, 'quantize'],
    ];
    const done = await run(args);
    expect(done.err).not.toContain('error');
    const thresholds = JSON.parse(await readFile(shared('cases/imagenet_mobilenet/expected_thresholds.json'), 'utf8')) as {
      thresholds_log2: Record<string, number>;
    };
    const differences = diffGraphs(await graph(shared('cases/imagenet_mobilenet/expected_int8.pb')), await graph(out));
    // Frozen: thresholds are constants where the original has variables; nothing else may differ.
    expect(differences.filter(({ node }) => !/\/m?_?threshold(\/|$)/.test(node))).toEqual([]);
    const { quantizers } = JSON.parse((await run(['inspect', out, '--json'])).out) as {
      quantizers: { threshold: string; log2t: number }[];
    };
    for (const row of quantizers)
      expect(Math.abs(row.log2t - (thresholds.thresholds_log2[row.threshold] ?? Number.NaN)), row.threshold).toBeLessThanOrEqual(1e-5);
  });
});
