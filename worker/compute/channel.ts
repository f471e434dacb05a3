/** Typed calls over a port, in both directions the same closed set: a call, its result or error, its progress, its cancellation. */
import { type ErrorInfo, errorInfo, GraffitistError } from '../errors.ts';
import type { ComputePort } from './port.ts';

/** Calls by name: what goes out and what comes back. Everything is plain data that structured clone takes. */
export type Calls = { readonly [name: string]: { readonly args: unknown; readonly result: unknown } };

type Request =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number };
type Response =
  | { readonly kind: 'progress'; readonly id: number; readonly done: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorInfo };

/** What a call may use while it runs. */
export interface CallContext {
  /** Whether the caller has given up. */
  readonly cancelled: boolean;
  /** The same as a signal, for those who need one. */
  readonly signal: AbortSignal;
  /** Tells the caller how many units of work are done. */
  progress(done: number): void;
}

/** A result whose buffers move to the caller instead of being copied. */
export class Transferred<T> {
  readonly value: T;
  readonly buffers: readonly ArrayBufferLike[];

  constructor(value: T, buffers: readonly ArrayBufferLike[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

export type Handlers<C extends Calls> = {
  readonly [K in keyof C]: (args: C[K]['args'], context: CallContext) => Promise<C[K]['result'] | Transferred<C[K]['result']>>;
};

/**
 * Answers calls that arrive on `port` until the returned function is called; that also aborts what runs.
 * @param causeOf what stands behind an error that a call ended with: the caller is told that
 */
export function serveCalls<C extends Calls>(
  port: ComputePort,
  handlers: Handlers<C>,
  causeOf: (error: unknown) => unknown = (error) => error,
): () => void {
  const running = new Map<number, RunningCall>();
  const post = (message: Response, buffers: readonly ArrayBufferLike[] = []) =>
    port.postMessage(message, buffers.filter((buffer) => buffer instanceof ArrayBuffer) as ArrayBuffer[]);

  const answer = async (id: number, name: string, args: unknown): Promise<void> => {
    const call = new RunningCall((done) => post({ kind: 'progress', id, done }));
    running.set(id, call);
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new GraffitistError('internal', `A compute worker has no call '${name}'.`);
      const result = await handler(args, call);
      if (result instanceof Transferred) post({ kind: 'result', id, value: result.value }, result.buffers);
      else post({ kind: 'result', id, value: result });
    } catch (error) {
      post({ kind: 'error', id, error: errorInfo(await causeOf(error)) });
    } finally {
      running.delete(id);
    }
  };

  const listener = (event: MessageEvent): void => {
    const message = event.data as Request;
    if (message.kind === 'cancel') running.get(message.id)?.cancel();
    else void answer(message.id, message.name, message.args);
  };
  port.addEventListener('message', listener);
  port.start?.();
  return () => {
    port.removeEventListener('message', listener);
    for (const call of running.values()) call.cancel();
  };
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Buffers within the arguments that move to the other side. */
  readonly transfer?: readonly ArrayBufferLike[];
}

/** The calling side of a port. */
export interface CallClient<C extends Calls> {
  /** @throws GraffitistError as thrown on the other side; `worker-failed` once the other side is gone */
  call<K extends keyof C & string>(name: K, args: C[K]['args'], options?: CallOptions): Promise<C[K]['result']>;
  /** Rejects every open and every later call with `reason`. */
  close(reason: GraffitistError): void;
}

export function callClient<C extends Calls>(port: ComputePort): CallClient<C> {
  interface Pending {
    resolve(value: unknown): void;
    reject(error: unknown): void;
    readonly onProgress: ((done: number) => void) | undefined;
  }
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let closed: GraffitistError | null = null;

  port.addEventListener('message', (event) => {
    const message = event.data as Response;
    const waiting = pending.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'progress') {
      waiting.onProgress?.(message.done);
      return;
    }
    pending.delete(message.id);
    if (message.kind === 'result') waiting.resolve(message.value);
    else waiting.reject(thrown(message.error));
  });
  port.start?.();

  return {
    call<K extends keyof C & string>(name: K, args: C[K]['args'], options: CallOptions = {}) {
      const { signal } = options;
      if (closed !== null) return Promise.reject(closed);
      if (signal?.aborted === true) return Promise.reject(cancelled());
      const id = nextId++;
      const cancel = () => port.postMessage({ kind: 'cancel', id } satisfies Request, []);
      let forget = (): void => undefined;
      const answer = new Promise<unknown>((resolve, reject) => {
        pending.set(id, { resolve, reject, onProgress: options.onProgress });
        if (signal !== undefined) forget = onAbort(signal, cancel);
        port.postMessage({ kind: 'call', id, name, args } satisfies Request, [...(options.transfer ?? [])] as ArrayBuffer[]);
      });
      return answer.finally(() => {
        pending.delete(id);
        forget();
      }) as Promise<C[K]['result']>;
    },
    close(reason) {
      closed = reason;
      for (const waiting of pending.values()) waiting.reject(reason);
      pending.clear();
    },
  };
}

/** What is done when a signal aborts. */
const aborting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `cancel` once the signal aborts, until the returned function is called. A job has a call on every worker: the signal gets one
 * listener for all of them, since Node warns of more than ten.
 */
function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  const cancels = aborting.get(signal) ?? listenTo(signal);
  cancels.add(cancel);
  return () => cancels.delete(cancel);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const cancels = new Set<() => void>();
  const cancelAll = (): void => {
    for (const cancel of [...cancels]) cancel();
  };
  signal.addEventListener('abort', cancelAll, { once: true });
  aborting.set(signal, cancels);
  return cancels;
}

/** What a cancelled job ends with. */
export function cancelled(): GraffitistError {
  return new GraffitistError('cancelled', 'The job was cancelled.');
}

function thrown({ code, cause, about, remedy }: ErrorInfo): GraffitistError {
  return new GraffitistError(code, cause, { ...(about === undefined ? {} : { about }), ...(remedy === undefined ? {} : { remedy }) });
}

/** Progress of a call is passed on at most this often. */
const PROGRESS_MS = 30;

/** A call while it runs. Calls are many and short: the signal is made for those who ask for it. */
class RunningCall implements CallContext {
  cancelled = false;
  readonly #send: (done: number) => void;
  #controller: AbortController | null = null;
  #sent = performance.now();

  constructor(send: (done: number) => void) {
    this.#send = send;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.cancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.cancelled = true;
    this.#controller?.abort();
  }

  progress(done: number): void {
    if (performance.now() - this.#sent < PROGRESS_MS) return;
    this.#sent = performance.now();
    this.#send(done);
  }
}
