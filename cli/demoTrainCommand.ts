import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawImages, IMAGE_SIZE, type Split } from '../scripts/sample/images.ts';
import { SEED, UNSEEN_PICTURE } from '../scripts/sample/plan.ts';
import { recipeSteps } from '../worker/engine/recipes.ts';
import { GraffitistError } from '../worker/errors.ts';
import { writeNpy } from '../worker/formats/npy.ts';
import { makeTensor } from '../worker/formats/tensorValues.ts';
import type { DataRequest, DocumentSummary, Engine, PipelineStep, Rate, RunRequest, SourceFile } from '../worker/protocol.ts';
import { readModelFiles } from './files.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkFolder } from './outputs.ts';
import { progressView } from './progress.ts';
import { table } from './table.ts';
import { Interrupt } from './trainInterrupt.ts';
import { writeTrained } from './trainOutputs.ts';
import { trainWatched } from './trainWatch.ts';
import { number, percent, rateCells } from './validateText.ts';

const sample = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../public/sample');

/** How much the demonstration trains and measures. */
export interface DemoSize {
  /** Pictures that are drawn to train on, a tenth of them to choose the best state by. */
  readonly training: number;
  /** Pictures that accuracy is measured on; none of them is seen before. */
  readonly test: number;
  readonly steps: number;
}

export const DEMO: DemoSize = { training: 4800, test: 2000, steps: 900 };

/** Bits in the place of quantize's own; a depthwise layer of 4 bits keeps next to nothing of its small channels. */
const WIDTHS = [
  { name: 'INT8', recipe: '8', list: null },
  { name: 'INT4, depthwise 8', recipe: '4', list: '*depthwise*, -8\n' },
] as const;
const LIST = 'depthwise.txt';

interface SampleFiles {
  readonly graph: string;
  readonly trainingGraph: string;
  readonly interface: { readonly inputs: string[]; readonly outputs: string[]; readonly shape: number[] };
}

/** Repairs the sample network: static quantization, then retraining, at two widths, with a table of what each reaches. */
export async function demoTrainCommand(out: string, size: DemoSize): Promise<number> {
  await checkFolder(out);
  const index = JSON.parse(await readFile(path.join(sample, 'index.json'), 'utf8')) as SampleFiles;
  const [training, test] = [drawn('train', UNSEEN_PICTURE, size.training), drawn('test', 0, size.test)];
  const engine = createNodeEngine({ backend: 'wasm' });
  const interrupt = new Interrupt(null);
  const progress = progressView(false);
  const rows: (readonly [string, Rate])[] = [];
  try {
    const demo = { engine, index, interrupt, progress, training, test, steps: size.steps };
    for (const width of WIDTHS) {
      const [float, quantized] = await staticRates(demo, width);
      if (rows.length === 0) rows.push(['float', float]);
      rows.push([`static ${width.name}`, quantized], [`retrained ${width.name}`, await retrainedRate(demo, width)]);
      await writeTrained(engine, path.join(out, `int${width.recipe}`), 'shapes_mnv1');
    }
    process.stdout.write(demoText(rows, size));
    return 0;
  } finally {
    progress.end();
    interrupt.dispose();
    await engine.dispose();
  }
}

interface Demo {
  readonly engine: Engine;
  readonly index: SampleFiles;
  readonly interrupt: Interrupt;
  readonly progress: ReturnType<typeof progressView>;
  readonly training: DataRequest;
  readonly test: DataRequest;
  readonly steps: number;
}
type Width = (typeof WIDTHS)[number];

/** Of the float network and of what static quantization makes of it. */
async function staticRates(demo: Demo, { recipe, list }: Width): Promise<readonly [Rate, Rate]> {
  const { engine, index, test } = demo;
  const document = await opened(demo, index.graph, list);
  const stage = await run(demo, document, recipeSteps(`static-int${recipe}`, document.guess), list);
  await engine.openData(test);
  const job = { onProgress: demo.progress.update, signal: demo.interrupt.signal };
  const { networks } = await engine.validate(
    {
      networks: [
        { kind: 'stage', stage: 0 },
        { kind: 'stage', stage },
      ],
      images: { name: 'signed' },
    },
    job,
  );
  demo.progress.end();
  return [rateOf(networks[0]), rateOf(networks[1])];
}

/** Trains the network as it was exported for training, and measures the inference graph that comes of it. */
async function retrainedRate(demo: Demo, { recipe, list }: Width): Promise<Rate> {
  const { engine, index, interrupt, training, test, steps } = demo;
  const document = await opened(demo, index.trainingGraph, list);
  const stage = await run(demo, document, recipeSteps(`train-int${recipe}`, document.guess), list);
  const { count } = await engine.openData(training);
  const images = { name: 'signed' } as const;
  const validation = { kind: 'held-out', images: Math.max(1, Math.floor(count / 10)) } as const;
  await trainWatched(engine, { stage, preset: 'short', options: { steps }, images, validation }, false, { quiet: false, interrupt });
  await engine.openData(test);
  const last = (await engine.stages()).length - 1;
  const { networks } = await engine.validate({ networks: [{ kind: 'stage', stage: last }], images }, { signal: interrupt.signal });
  return rateOf(networks[0]);
}

async function opened({ engine, index, interrupt }: Demo, graph: string, list: string | null): Promise<DocumentSummary> {
  const lists: SourceFile[] = list === null ? [] : [{ name: LIST, path: LIST, blob: new Blob([list]) }];
  const files = await readModelFiles(path.join(sample, graph), {});
  const document = await engine.open([...files, ...lists], { signal: interrupt.signal });
  return { ...document, guess: { ...document.guess, ...index.interface } };
}

/** @returns the last stage */
async function run(demo: Demo, document: DocumentSummary, steps: readonly PipelineStep[], list: string | null): Promise<number> {
  const { inputs, outputs, shape } = document.guess;
  const given = list === null ? {} : { bits_list: LIST };
  const request: RunRequest = {
    interface: { inputs, outputs, shape },
    steps: steps.map((step) => (step.transform === 'quantize' ? { ...step, options: { ...step.options, ...given } } : step)),
  };
  const report = await demo.engine.run(request, { onProgress: demo.progress.update, signal: demo.interrupt.signal });
  demo.progress.end();
  const refused = report.steps.find(({ error }) => error !== undefined)?.error;
  if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
  return report.steps.length;
}

/** Pictures of a split of the sample: those of two splits have nothing to do with each other. */
function drawn(split: Split, first: number, count: number): DataRequest {
  const { pixels, labels } = drawImages(SEED, split, first, count);
  const file = (name: string, shape: readonly number[], bytes: Uint8Array): SourceFile => ({
    name,
    path: `${split}/${name}`,
    blob: new Blob([writeNpy(makeTensor('uint8', shape, bytes)) as BlobPart]),
  });
  return { files: [file('images.npy', [count, IMAGE_SIZE, IMAGE_SIZE, 3], pixels), file('labels.npy', [count], labels)] };
}

function rateOf(network: { readonly top1: Rate | null } | undefined): Rate {
  if (network?.top1 != null) return network.top1;
  throw new GraffitistError('internal', 'The sample network has no accuracy.');
}

function demoText(rows: readonly (readonly [string, Rate])[], { training, steps }: DemoSize): string {
  const float = rows[0]?.[1].value ?? 0;
  const cells = rows.map(([name, rate], k) => [
    name,
    ...rateCells(rate),
    k === 0 ? '' : `${(100 * (rate.value - float)).toFixed(2).replace('-', '−')}`,
  ]);
  const images = number(rows[0]?.[1].of ?? 0);
  return [
    '',
    table(['network', 'top-1', '95 %', 'points to float'], cells),
    '',
    `${images} test pictures; ${number(steps)} steps of 24 on ${number(training)} other pictures each. Float has ${percent({ value: float })}.`,
    '',
  ].join('\n');
}
