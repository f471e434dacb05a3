/**
 * The engine across a message port: `connectEngine` on the page's side is the twin of `serveEngine` on the worker's.
 * Both speak the closed set of messages below; progress and cancel belong to the call whose number they carry.
 */
import { type Engine, type ErrorInfo, errorInfo, GraffitistError, type JobOptions, type JobProgress } from './protocol.ts';

type Method = keyof Engine;

/** Where in its arguments a method takes its `JobOptions`; those hold functions, so they stay on the caller's side. */
const JOB_ARGUMENT: Readonly<Record<Method, number | null>> = {
  transforms: null,
  recipes: null,
  backends: null,
  useBackend: null,
  open: 1,
  add: 1,
  feeds: null,
  check: null,
  run: 1,
  calibrate: 1,
  stages: null,
  scene: 1,
  reveal: null,
  search: null,
  inspect: null,
  explain: null,
  quantizers: null,
  histogram: null,
  compareOutputs: 1,
  openData: 1,
  closeData: null,
  describeData: 1,
  checkData: 1,
  validate: 1,
  makeCalibrationSet: 1,
  thumbnail: null,
  trainingOptions: null,
  train: 1,
  pauseTraining: null,
  stopTraining: null,
  resumeTraining: 0,
  discardTraining: null,
  editTraining: null,
  training: null,
  restoreTraining: null,
  unreadableTraining: null,
  trainingReport: null,
  download: 1,
  commandLine: null,
  parseCommandLine: null,
  parseRecipe: null,
  snapshot: null,
  restore: null,
};

/** Page to worker. */
export type EngineRequest =
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly kind: 'cancel'; readonly id: number };

/** Worker to page. */
export type EngineResponse =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: JobProgress }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorInfo };

/** What both ends need of a Worker, a MessagePort or a worker's global scope. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  /** Only MessagePort has one, and needs it called. */
  start?(): void;
}

/** Progress of one phase is passed on at most this often; the first and last of a phase always are. */
const PROGRESS_INTERVAL_MS = 40;

/** Answers calls that arrive on `port` with `engine` until the returned function is called. */
export function serveEngine(port: Port, engine: Engine): () => void {
  const running = new Map<number, AbortController>();

  const call = async (id: number, method: Method, args: readonly unknown[]): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const value = await invoke(engine, method, args, {
        signal: controller.signal,
        onProgress: paced((progress) => port.postMessage({ kind: 'progress', id, progress } satisfies EngineResponse)),
      });
      port.postMessage({ kind: 'result', id, value } satisfies EngineResponse);
    } catch (error) {
      port.postMessage({ kind: 'error', id, error: errorInfo(error) } satisfies EngineResponse);
    } finally {
      running.delete(id);
    }
  };

  const listener = (event: MessageEvent): void => {
    const message = event.data as EngineRequest;
    if (message.kind === 'cancel') running.get(message.id)?.abort();
    else void call(message.id, message.method, message.args);
  };
  port.addEventListener('message', listener);
  port.start?.();
  return () => {
    port.removeEventListener('message', listener);
    for (const controller of running.values()) controller.abort();
  };
}

/** The far engine, and how its owner ends all open calls when the worker behind the port is gone. */
export interface EngineConnection {
  readonly engine: Engine;
  /** Rejects every open and every later call with `reason`. */
  close(reason: ErrorInfo): void;
}

/** The engine that answers on the other side of `port`. Errors arrive as the GraffitistError that was thrown there. */
export function connectEngine(port: Port): EngineConnection {
  interface Pending {
    resolve(value: unknown): void;
    reject(error: unknown): void;
    onProgress: ((progress: JobProgress) => void) | undefined;
  }
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let closed: ErrorInfo | null = null;

  port.addEventListener('message', (event) => {
    const message = event.data as EngineResponse;
    const waiting = pending.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'progress') {
      waiting.onProgress?.(message.progress);
      return;
    }
    pending.delete(message.id);
    if (message.kind === 'result') waiting.resolve(message.value);
    else waiting.reject(thrown(message.error));
  });
  port.start?.();

  const send = (method: Method, args: readonly unknown[]): Promise<unknown> => {
    if (closed !== null) return Promise.reject(thrown(closed));
    const at = JOB_ARGUMENT[method];
    const job = at === null ? undefined : (args[at] as JobOptions | undefined);
    const signal = job?.signal;
    if (signal?.aborted) return Promise.reject(new GraffitistError('cancelled', 'The job was cancelled.'));
    const id = nextId++;
    const cancel = () => port.postMessage({ kind: 'cancel', id } satisfies EngineRequest);
    const answer = new Promise<unknown>((resolve, reject) => {
      pending.set(id, { resolve, reject, onProgress: job?.onProgress });
      signal?.addEventListener('abort', cancel, { once: true });
      const plain = args.map((arg, index) => (index === at ? null : arg));
      port.postMessage({ kind: 'call', id, method, args: plain } satisfies EngineRequest);
    });
    return answer.finally(() => signal?.removeEventListener('abort', cancel));
  };

  return {
    engine: twin(send),
    close(reason) {
      closed = reason;
      for (const waiting of pending.values()) waiting.reject(thrown(reason));
      pending.clear();
    },
  };
}

/** An Engine whose every method sends; the table of methods is the interface itself, checked by the compiler. */
function twin(send: (method: Method, args: readonly unknown[]) => Promise<unknown>): Engine {
  const methods = Object.keys(JOB_ARGUMENT) as Method[];
  const entries = methods.map((method) => [method, (...args: unknown[]) => send(method, args)] as const);
  return Object.fromEntries(entries) as unknown as Engine;
}

function invoke(engine: Engine, method: Method, args: readonly unknown[], job: JobOptions): Promise<unknown> {
  const at = JOB_ARGUMENT[method];
  if (at === undefined) throw new GraffitistError('internal', `The engine has no method "${String(method)}".`);
  const count = at === null ? args.length : Math.max(args.length, at + 1);
  const complete = Array.from({ length: count }, (_, index) => (index === at ? job : args[index]));
  const implementation = engine[method] as (...args: readonly unknown[]) => Promise<unknown>;
  return implementation.apply(engine, [...complete]);
}

function thrown(info: ErrorInfo): GraffitistError {
  return new GraffitistError(info.code, info.cause, {
    ...(info.about === undefined ? {} : { about: info.about }),
    ...(info.remedy === undefined ? {} : { remedy: info.remedy }),
  });
}

function paced(send: (progress: JobProgress) => void): (progress: JobProgress) => void {
  let phase: JobProgress['phase'] | null = null;
  let sentAt = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.phase === phase && progress.done < progress.total && now - sentAt < PROGRESS_INTERVAL_MS) return;
    phase = progress.phase;
    sentAt = now;
    send(progress);
  };
}
