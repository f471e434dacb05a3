/**
 * Claims (MobileNet on CIFAR-10, 24 images, wasm, one thread): a training step takes at most 8 forward passes of the same training graph, and
 * at most half of what TensorFlow.js's own differentiation takes with the kernels that its wasm backend lacks composed tap by tap.
 * Needs the reference cases beside the checkout. Run: npx tsx bench/trainingStep.ts [backend]
 */
import { hasShared } from '../test/sharedFolder.ts';
import type { BackendName } from '../worker/execute/backend.ts';
import { createBackend } from '../worker/execute/createBackend.ts';
import { Runner } from '../worker/execute/execute.ts';
import { Session } from '../worker/execute/session.ts';
import { makeTensor } from '../worker/formats/tensorValues.ts';
import { withMovingStatistics } from '../worker/quantize/movingStatistics.ts';
import { TrainingStep } from '../worker/train/trainingStep.ts';
import { writeResult } from './results.ts';
import { type CifarStep, cifarStep, LOGITS } from './training/cifarStep.ts';
import { autodiffStep } from './training/tfjsAutodiff.ts';

const BATCH = 24;
const RUNS = 5;
const name = (process.argv[2] ?? 'wasm') as BackendName;

interface Row {
  readonly batchNorms: string;
  readonly forwardMs: number;
  readonly stepMs: number;
  readonly autodiffMs: number | undefined;
  readonly peakMB: number;
  readonly byForward: number;
  readonly byAutodiff: number | undefined;
}

/** The median of runs taken turn by turn, so that all see the same machine. */
async function medians(tasks: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> {
  const times = tasks.map((): number[] => []);
  for (let run = -1; run < RUNS; run++) {
    for (const [i, task] of tasks.entries()) {
      const started = performance.now();
      await task();
      if (run >= 0) times[i]?.push(performance.now() - started);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN);
}

async function measure(cifar: CifarStep, frozen: boolean): Promise<Row> {
  const backend = await createBackend(name);
  const graph = frozen ? withMovingStatistics(cifar.graph) : cifar.graph;
  const feeds = new Map([['input', cifar.images], ...(frozen ? [] : [['freeze_bn', makeTensor('bool', [], [0])] as const])]);
  const session = new Session(graph, { variables: cifar.variables, backend, feeds: [...feeds.keys()] });
  const runner = new Runner(session, [LOGITS]);
  const step = new TrainingStep({
    ...{ model: cifar, backend, logits: LOGITS, trained: cifar.trained, given: cifar.values.keys() },
  });
  const request = {
    ...{ feeds: new Map([['input', cifar.images]]), variables: cifar.values, batchNormFrozen: frozen },
    targets: { kind: 'labels', labels: cifar.labels } as const,
  };
  let peak = 0;
  const train = async (): Promise<void> => {
    peak = Math.max(peak, (await step.run(request)).peakBytes);
  };
  const autodiff = name === 'wasm' && frozen ? await autodiffStep(graph, cifar, backend) : undefined;
  try {
    const [forwardMs = 0, stepMs = 0, autodiffMs] = await medians([
      () => runner.run(feeds),
      train,
      ...(autodiff === undefined ? [] : [async () => autodiff()]),
    ]);
    const ratio = (x: number): number => Number(x.toFixed(2));
    return {
      batchNorms: frozen ? 'frozen' : 'on statistics of the batch',
      ...{ forwardMs: Math.round(forwardMs), stepMs: Math.round(stepMs), autodiffMs: autodiffMs && Math.round(autodiffMs) },
      peakMB: Math.round(peak / 2 ** 20),
      byForward: ratio(stepMs / forwardMs),
      byAutodiff: autodiffMs && ratio(autodiffMs / stepMs),
    };
  } finally {
    step.dispose();
    session.dispose();
    backend.dispose();
  }
}

if (!hasShared) {
  console.log('needs the reference cases beside the checkout');
} else {
  const cifar = await cifarStep(BATCH);
  const rows = [await measure(cifar, true), await measure(cifar, false)];
  console.table(rows);
  console.log(
    `step ÷ forward: ${rows.map((row) => row.byForward).join(', ')} (claim ≤ 8); autodiff ÷ step: ${rows[0]?.byAutodiff} (claim ≥ 2)`,
  );
  writeResult(`trainingStep-${name}`, { images: BATCH, backend: name, rows });
}
