import type { BackendName } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useBackends } from '../state/backend.ts';
import { log } from '../state/log.ts';
import { useRun } from '../state/run.ts';
import { quietly } from './jobs.ts';

export async function refreshBackends(): Promise<void> {
  useBackends.setState({ list: await quietly(() => engine().backends(), []) });
}

/** Takes effect on the next job. */
export async function chooseBackend(name: BackendName): Promise<void> {
  await quietly(() => engine().useBackend(name), undefined);
  await refreshBackends();
  log('info', `Jobs now run on ${inUse()?.description ?? name}.`);
}

/** A job that lost its graphics device may have ended elsewhere, and those that follow are there too: the page looks, and says so. */
export function followBackend(): void {
  useRun.subscribe(({ job }, before) => {
    if (job === null && before.job !== null && inUse()?.name === 'webgpu') void lookAgain();
  });
}

async function lookAgain(): Promise<void> {
  const before = inUse();
  await refreshBackends();
  const now = inUse();
  if (now === undefined || now.name === before?.name) return;
  log('warning', `The graphics device was lost, and there is no other: jobs now run on ${now.description}.`);
}

function inUse() {
  return useBackends.getState().list.find((backend) => backend.inUse);
}
