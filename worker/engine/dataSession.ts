import type { SpawnCompute } from '../compute/port.ts';
import { batchStream } from '../data/batches.ts';
import type { DataSet } from '../data/dataSet.ts';
import { type NetworkFacts, NO_NETWORK } from '../data/labels/network.ts';
import { labelSource, openSource } from '../data/openData.ts';
import { hashesOf, labelsOf } from '../data/queries.ts';
import type { Source } from '../data/sources/source.ts';
import type { BatchStream, OpenedData } from '../data/types.ts';
import { DecodePool } from '../data/workers/pool.ts';
import { GraffitistError } from '../errors.ts';
import type { DataRequest, DataSummary, JobOptions, Thumbnail } from '../protocol.ts';

/** What the session needs of the engine around it. */
export interface DataHost {
  /** Starts one decode worker. */
  readonly spawn: SpawnCompute | undefined;
  readonly cores: number;
  /** The open network, or null. */
  network(): NetworkFacts | null;
}

/** The images that lie open beside the document, and the workers that read them. */
export interface DataSession {
  /** On an error the former data stay. @throws GraffitistError what `openSource` and `labelSource` throw; `cancelled` */
  open(request: DataRequest, job?: JobOptions): Promise<DataSummary>;
  close(): void;
  /** The open set, labelled for the network that is open now. @throws GraffitistError `data-missing`, `label-invalid` */
  opened(): Promise<OpenedData>;
  /** Reads images of a set that `opened` gave. */
  readonly batches: BatchStream;
  /** SHA-256 of images of such a set. @throws GraffitistError where one cannot be read, `cancelled` */
  hashes(data: OpenedData, images: readonly number[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Labels of all images of such a set, read where records hold them; −1: none. */
  labels(data: OpenedData, signal?: AbortSignal): Promise<Int32Array>;
  thumbnail(image: number, size: number): Promise<Thumbnail>;
  /** Ends the decode workers. */
  dispose(): void;
}

interface Held {
  readonly source: Source;
  readonly request: Omit<DataRequest, 'files'>;
  readonly set: DataSet;
  /** For which network labels were made. */
  readonly network: NetworkFacts;
}

/** A session without data. */
export function createDataSession(host: DataHost): DataSession {
  let held: Held | null = null;
  let workers: DecodePool | null = null;

  const facts = (): NetworkFacts => host.network() ?? NO_NETWORK;
  const pool = (): DecodePool => {
    if (workers !== null && !workers.broken) return workers;
    if (host.spawn === undefined) throw new GraffitistError('internal', 'This engine was made without decode workers.');
    workers = new DecodePool(host.spawn, Math.max(1, host.cores));
    return workers;
  };
  const current = async (): Promise<DataSet> => {
    if (held === null) throw new GraffitistError('data-missing', 'No images are open.', { remedy: 'Open a folder of images first.' });
    const network = facts();
    // Another network may number its classes otherwise.
    if (!sameFacts(network, held.network)) held = { ...held, network, set: await labelSource(held.source, held.request, network) };
    return held.set;
  };

  return {
    async open({ files, ...request }, job = {}) {
      const progress = (done: number, total: number, layer: string): void =>
        job.onProgress?.({ phase: 'open', done, total, etaMs: null, layer, bytes: null });
      const source = await openSource({ files }, { signal: job.signal, onProgress: progress });
      const network = facts();
      held = { source, request, network, set: await labelSource(source, request, network) };
      return held.set.summary;
    },
    close() {
      held = null;
      workers?.dispose();
      workers = null;
    },
    opened: current,
    batches: batchStream(pool),
    hashes: (set, images, signal) => hashesOf(set, images, pool(), signal),
    labels: (set, signal) => labelsOf(set, pool(), signal),
    async thumbnail(image, size) {
      // Pictures can be shown where labels do not fit another network.
      const set = await current().catch((error) => held?.set ?? Promise.reject(error));
      const [stored] = image >= 0 && image < set.count ? set.stored([image]) : [];
      if (stored === undefined)
        throw new GraffitistError('data-missing', `There is no image ${image}; there are ${set.count}.`, { about: 'thumbnail' });
      const name = set.nameOf(image);
      const picture = await pool().call('thumbnail', { stored, name, records: set.recordLabels, size });
      return { ...picture, name, label: set.labelOf(image) ?? picture.label };
    },
    dispose() {
      workers?.dispose();
      workers = null;
    },
  };
}

function sameFacts(a: NetworkFacts, b: NetworkFacts): boolean {
  return a.outputs === b.outputs && a.name === b.name && a.preprocessing === b.preprocessing && String(a.shape) === String(b.shape);
}
