import type { SpawnCompute } from '../../../worker/compute/port.ts';
import { type NetworkFacts, NO_NETWORK } from '../../../worker/data/labels/network.ts';
import type { Batch, BatchOptions } from '../../../worker/data/types.ts';
import { createDataSession, type DataSession } from '../../../worker/engine/dataSession.ts';
import type { DataRequest, DataSummary, ErrorInfo, SourceFile } from '../../../worker/protocol.ts';
import { errorInfo } from '../../../worker/protocol.ts';
import { spawnDataHere } from './spawn.ts';

/** A session for a network of which so much is known. */
export function sessionFor(
  network: Partial<NetworkFacts> = {},
  { spawn = spawnDataHere, cores = 2 }: { spawn?: SpawnCompute; cores?: number } = {},
): DataSession {
  return createDataSession({ spawn, cores, network: () => ({ ...NO_NETWORK, ...network }) });
}

/** A set opened and closed again: its summary and the names and labels of its images. */
export async function look(
  files: readonly SourceFile[],
  request: Omit<DataRequest, 'files'> = {},
  network: Partial<NetworkFacts> = {},
): Promise<{ readonly summary: DataSummary; readonly labels: Readonly<Record<string, number | null>> }> {
  const session = sessionFor(network);
  const summary = await session.open({ files, ...request });
  const data = await session.opened();
  session.dispose();
  return {
    summary,
    labels: Object.fromEntries(Array.from({ length: data.count }, (_, image) => [data.nameOf(image), data.labelOf(image)])),
  };
}

/** What opening fails with. */
export async function refusal(
  files: readonly SourceFile[],
  request: Omit<DataRequest, 'files'> = {},
  network: Partial<NetworkFacts> = {},
): Promise<ErrorInfo> {
  try {
    await look(files, request, network);
  } catch (error) {
    return errorInfo(error);
  }
  throw new Error('It was opened.');
}

export async function allBatches(session: DataSession, options: BatchOptions): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of session.batches(await session.opened(), options)) batches.push(batch);
  return batches;
}
