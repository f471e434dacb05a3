/**
 * What pool and worker need of the channel between them. A web Worker, a MessagePort and a worker's global scope are ports as they
 * are; whoever starts workers elsewhere (Node's worker_threads) adapts them.
 */
export interface ComputePort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  /** Only MessagePort has one, and needs it called. */
  start?(): void;
}

/** A started compute worker as its owner holds it. */
export interface SpawnedWorker {
  readonly port: ComputePort;
  /** Calls back, at most once, when the worker ends without having been asked to: it crashed, ran out of memory, could not start. */
  onFailure(listener: (cause: string) => void): void;
  terminate(): void;
}

/** Starts one compute worker: a web Worker in the page, a worker thread in Node, a message channel within one thread in tests. */
export type SpawnCompute = () => SpawnedWorker;
