import * as tf from '@tensorflow/tfjs-core';
import { GraffitistError } from '../../errors.ts';

/** The library has one engine per worker, and moving live tensors between its backends loses their contents. */
let running: string | undefined;

/**
 * Starts the library's engine on one backend and proves that it runs there: a failing start falls back silently.
 * @returns what stops it and frees everything that it holds
 * @throws GraffitistError `backend-unavailable`
 */
export async function startEngine(name: 'wasm' | 'webgpu'): Promise<() => void> {
  if (running !== undefined) {
    throw new GraffitistError('backend-unavailable', `The ${name} backend cannot start while ${running} is running in the same worker.`, {
      remedy: 'Dispose of the running backend first.',
    });
  }
  running = name;
  const started = await tf.setBackend(name).catch(() => false);
  if (!started || tf.getBackend() !== name) {
    running = undefined;
    throw new GraffitistError('backend-unavailable', `The ${name} backend did not start.`, {
      remedy: name === 'webgpu' ? 'Choose the wasm backend.' : 'Check that the .wasm files are served beside the program.',
    });
  }
  return () => {
    if (running !== name) return;
    running = undefined;
    tf.engine().reset();
  };
}
