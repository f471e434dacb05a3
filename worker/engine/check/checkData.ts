import { onDevice } from '../../compute/onWorkers.ts';
import type { ComputePool } from '../../compute/pool.ts';
import { type Alternative, alternatives } from '../../data/checks/alternatives.ts';
import { labelWarnings } from '../../data/checks/labels.ts';
import { rangeWarnings } from '../../data/checks/range.ts';
import { BYTES, rangeOf, scalingOf } from '../../data/checks/scaling.ts';
import { valueWarnings } from '../../data/checks/values.ts';
import { counted } from '../../data/counted.ts';
import type { BatchStream, OpenedData } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { OpenNetwork } from '../../evaluate/network.ts';
import type { DataWarning, ImageRule, JobOptions } from '../../protocol.ts';
import { evaluationForm } from '../../transforms/evaluationForm.ts';
import { type NetworkSource, shapeFor } from '../calibrationSet.ts';
import { openNetworks } from '../networks.ts';
import { byAnswers } from './byAnswers.ts';
import { byStatistics, type StatisticsVerdict } from './byStatistics.ts';
import { byThreshold } from './byThreshold.ts';
import { FEWEST } from './limits.ts';
import type { NetworkAndImages } from './network.ts';
import { finite, type Sample, sampleImages, sourceExtremes, storedType } from './sample.ts';
import { readingWarnings } from './words.ts';

/** What a look at the images needs. */
export interface CheckServices {
  readonly data: OpenedData;
  readonly batches: BatchStream;
  /** The open network; null: none. */
  readonly network: NetworkSource;
  readonly pool: (signal: AbortSignal | undefined) => Promise<ComputePool>;
}

/**
 * CHK1 … CHK9: looks at a seeded few of the images as the rule reads them, and has the float network look at them too.
 * @throws GraffitistError `data-shape`, `option-invalid` for a rule that cannot be used; `cancelled`
 */
export async function checkData(rule: ImageRule, services: CheckServices, job: JobOptions): Promise<readonly DataWarning[]> {
  const { data, batches } = services;
  const shape = await shapeFor(rule, data, services.network);
  const sample = await sampleImages(data, rule, shape, batches, job);
  const dtype = storedType(data);
  const own = scalingOf(rule, shape, dtype, BYTES);
  const [low, high] = sourceExtremes(finite(sample), own);
  const range = rangeOf(dtype, low, high);
  const now = scalingOf(rule, shape, dtype, range ?? BYTES);
  const others = now === null ? [] : alternatives(rule, now, range ?? BYTES, data.summary.kind === 'arrays');
  // Of numbers whose range tells nothing only the channels can be in another order.
  const tried = others.filter(({ kind }) => range !== null || kind === 'channels');
  return [
    ...unread(sample),
    ...valueWarnings(sample),
    ...labelsOf(data, sample),
    ...rangeWarnings(rule, { dtype, range, low, high }),
    ...(await askNetwork(services, { sample: finite(sample), now, alternatives: tried, rule }, job)),
  ];
}

/** What the network says; that it cannot be run is told where it is to be run. */
async function askNetwork(
  { network: source, pool }: CheckServices,
  { rule, ...look }: Pick<NetworkAndImages, 'sample' | 'now' | 'alternatives'> & { readonly rule: ImageRule },
  job: JobOptions,
): Promise<readonly DataWarning[]> {
  if (source === null || look.sample.names.length < FEWEST) return [];
  try {
    const [opened] = await openNetworks([{ kind: 'stage', stage: 0 }], undefined, source);
    if (opened === undefined) return [];
    return await onDevice(
      () => pool(job.signal),
      (workers) => whatItSays(rule, { ...look, network: asUsed(opened), pool: workers, job }),
    );
  } catch (error) {
    if (!(error instanceof GraffitistError) || error.code === 'cancelled' || error.code === 'internal') throw error;
    return [{ rule: 'CHK4', text: `The network could not be run on some of the images: ${error.message}`, remedy: error.remedy ?? null }];
  }
}

async function whatItSays(rule: ImageRule, given: NetworkAndImages): Promise<readonly DataWarning[]> {
  const { alternatives, sample } = given;
  const statistics = await byStatistics(given);
  const threshold = byThreshold(given);
  const isLabelled = sample.labels.some((label) => label >= 0);
  // Without labels answers say the least: they are asked for where nothing else is there.
  const wanted = isLabelled || (statistics === null && threshold === null);
  const answers = wanted ? await byAnswers({ ...given, alternatives: worthAsking(alternatives, statistics) }) : null;
  return readingWarnings(rule, { statistics, threshold, answers });
}

/** A graph for training, whose batch norms would take statistics of the few images, in its evaluation form where it has one. */
function asUsed(network: OpenNetwork): OpenNetwork {
  try {
    return { ...network, model: evaluationForm(network.model).model };
  } catch (error) {
    if (error instanceof GraffitistError && error.code === 'op-training') return network;
    throw error;
  }
}

/** Where statistics have been asked, answers are computed for what those found nearer, and for the other channel order, which they see least of. */
function worthAsking(tried: readonly Alternative[], statistics: StatisticsVerdict | null): readonly Alternative[] {
  return statistics === null ? tried : tried.filter((alternative) => alternative === statistics.better || alternative.kind === 'channels');
}

function unread({ names, leftOut }: Sample): DataWarning[] {
  const [first] = leftOut;
  if (first === undefined) return [];
  const text = `Of ${counted(names.length + leftOut.length, 'image')} that were looked at ${leftOut.length} cannot be read, ${first.name} among them: ${first.error.cause}`;
  return [{ rule: 'CHK1', text, remedy: first.error.remedy ?? null }];
}

function labelsOf(data: OpenedData, sample: Sample): DataWarning[] {
  if (data.summary.labels === null) return [];
  if (data.labelsWhenRead) return labelWarnings(sample.labels, false);
  return labelWarnings(
    Int32Array.from({ length: data.count }, (_, image) => data.labelOf(image) ?? -1),
    true,
  );
}
