/** Compute workers whose graphics device is lost at some calls; what they compute is wasm's. */
import type { ComputePort, SpawnCompute } from '../../../worker/compute/port.ts';
import type { ErrorInfo } from '../../../worker/errors.ts';
import { spawnHere } from './spawn.ts';

export interface FakeGpuOptions {
  /** The kind of call at which the device is lost. */
  readonly call: string;
  /** Which of these calls, counted over all workers from 1 on. */
  readonly losses: readonly number[];
  /** Devices that can be had before there is no adapter any more. */
  readonly devices?: number;
}

export type FakeGpu = SpawnCompute & {
  /** Backends that workers were started with. */
  readonly started: readonly string[];
  /** Further losses, counted from now on. */
  lose(losses: readonly number[]): void;
};

/** What of the channel's messages is looked at here. */
interface Call {
  readonly kind: 'call' | 'cancel';
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

const LOST: ErrorInfo = { code: 'backend-unavailable', cause: 'The graphics device was lost: it was reset.' };
const NONE: ErrorInfo = { code: 'backend-unavailable', cause: 'WebGPU found no graphics adapter.' };

export function fakeGpu({ call: kind, losses, devices = Number.POSITIVE_INFINITY }: FakeGpuOptions): FakeGpu {
  const lost = new Set(losses);
  const started: string[] = [];
  let calls = 0;
  let had = 0;
  const spawn = () => {
    const worker = spawnHere();
    const { port } = worker;
    const listeners: ((event: MessageEvent) => void)[] = [];
    /** Set once: a device that is lost stays lost. */
    let failure: ErrorInfo | null = null;
    /** The call that started the worker as one on a GPU. */
    let startId = -1;
    const refuse = (id: number, error: ErrorInfo): void =>
      queueMicrotask(() => {
        for (const listener of listeners) listener({ data: { kind: 'error', id, error } } as MessageEvent);
      });
    const begin = (call: Call, transfer: Transferable[]): void => {
      const { backend } = call.args as { readonly backend: string };
      started.push(backend);
      if (backend !== 'webgpu') port.postMessage(call, transfer);
      else if (++had > devices) refuse(call.id, NONE);
      else {
        startId = call.id;
        port.postMessage({ ...call, args: { backend: 'wasm' } }, transfer);
      }
    };
    const post = (message: unknown, transfer: Transferable[]): void => {
      const call = message as Call;
      if (call.kind === 'call' && call.name === 'start') begin(call, transfer);
      else {
        if (call.kind === 'call' && call.name === kind && lost.has(++calls)) failure = LOST;
        if (call.kind === 'call' && failure !== null) refuse(call.id, failure);
        else port.postMessage(call, transfer);
      }
    };
    const described = (event: MessageEvent): MessageEvent =>
      event.data.kind === 'result' && event.data.id === startId
        ? ({ data: { ...event.data, value: { description: 'WebGPU · fake' } } } as MessageEvent)
        : event;
    const fake: ComputePort = {
      postMessage: post,
      addEventListener: (type, listener) => {
        listeners.push(listener);
        port.addEventListener(type, (event) => listener(described(event)));
      },
      removeEventListener: () => undefined,
      start: () => port.start?.(),
    };
    return { ...worker, port: fake };
  };
  const lose = (more: readonly number[]): void => {
    for (const one of more) lost.add(calls + one);
  };
  return Object.assign(spawn, { started, lose });
}
