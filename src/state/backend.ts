import { create } from 'zustand';
import type { BackendInfo } from '../../worker/protocol.ts';

/** Backends of this machine, with the one in use; empty until the engine has looked. */
export const useBackends = create<{ readonly list: readonly BackendInfo[] }>(() => ({ list: [] }));
