import type { BackendName } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useBackends } from '../state/backend.ts';
import { log } from '../state/log.ts';
import { quietly } from './jobs.ts';

export async function refreshBackends(): Promise<void> {
  useBackends.setState({ list: await quietly(() => engine().backends(), []) });
}

/** Takes effect on the next job. */
export async function chooseBackend(name: BackendName): Promise<void> {
  await quietly(() => engine().useBackend(name), undefined);
  await refreshBackends();
  log('info', `Jobs now run on ${useBackends.getState().list.find((backend) => backend.inUse)?.description ?? name}.`);
}
