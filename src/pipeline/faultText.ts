import type { PipelineFault } from '../../worker/protocol.ts';

/** "quantize needs preprocess_layers before it: add it?" where adding mends it; else the engine's own sentence. */
export function faultQuestion(fault: PipelineFault, transform: string): string {
  if (fault.insert.length === 0) return fault.message;
  return `${transform} needs ${listed(fault.insert)} before it: add ${fault.insert.length === 1 ? 'it' : 'them'}?`;
}

export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
