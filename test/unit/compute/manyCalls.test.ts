import { expect, it } from 'vitest';
import { callClient, serveCalls } from '../../../worker/compute/channel.ts';
import type { ComputePort } from '../../../worker/compute/port.ts';

type Waiting = { readonly wait: { readonly args: null; readonly result: null } };

it('one signal cancels calls on many workers with one listener, and calls that have ended no more', async () => {
  const { port1, port2 } = new MessageChannel();
  let running = 0;
  const stop = serveCalls<Waiting>(port2 as ComputePort, {
    wait: async (_, call) => {
      running++;
      await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()));
      return null;
    },
  });
  const client = callClient<Waiting>(port1 as ComputePort);
  const controller = new AbortController();
  let listeners = 0;
  const add = controller.signal.addEventListener.bind(controller.signal);
  controller.signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  const calls = Array.from({ length: 16 }, () => client.call('wait', null, { signal: controller.signal }));
  while (running < 16) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  expect(await Promise.all(calls)).toEqual(new Array(16).fill(null));
  expect(listeners).toBe(1);
  await expect(client.call('wait', null, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  stop();
  port1.close();
});
