import { printImageRule } from '../data/imageRuleText.ts';
import { joinBytes } from '../formats/bytes.ts';
import type { PinnedTraining, TrainReport, TrainRequest } from '../protocol.ts';
import { readArrays, variableArrays } from '../train/storedArrays.ts';
import type { VariableValues } from '../train/types.ts';

/** What the stage `retrained` is made of, in moments. */
export interface FoundByTraining {
  /** Number of the stage that was trained. */
  readonly trained: number;
  /** Weights, thresholds (log2 t) and moving statistics of the best state, by variable. */
  readonly variables: VariableValues;
  /** Bits of quantizers that were changed while it was trained, by quantizer. */
  readonly bits: ReadonlyMap<string, number>;
}

/** What is kept of a training run that ended. */
export interface KeptTraining extends FoundByTraining {
  readonly pinned: PinnedTraining;
  readonly report: TrainReport;
}

/** RET11: a run that ended, as a recipe holds it. */
export function pinnedTraining(request: TrainRequest, report: TrainReport, bits: ReadonlyMap<string, number>): PinnedTraining {
  const { stage, preset, images, validation, storeEvery } = request;
  return {
    version: 1,
    ...(stage === undefined ? {} : { stage }),
    preset,
    options: report.options,
    images: printImageRule(images),
    validation: validation.kind === 'held-out' ? validation : { kind: 'data', files: validation.data.files.map(({ name }) => name) },
    ...(storeEvery === undefined ? {} : { storeEvery }),
    bits: Object.fromEntries(bits),
    hashes: report.hashes,
  };
}

/** A kept run without its numbers, which stand behind it as bytes. */
export interface KeptTrainingHeader extends Pick<KeptTraining, 'pinned' | 'trained' | 'report'> {
  readonly arrays: readonly { readonly group: string; readonly name: string; readonly shape: readonly number[] }[];
}

/** A kept run as a header for JSON and the variables as little-endian float32. */
export function storedTraining({ pinned, trained, report, variables }: KeptTraining): {
  readonly header: KeptTrainingHeader;
  readonly body: Uint8Array;
} {
  const arrays = variableArrays('variables', variables);
  return {
    header: { pinned, trained, report, arrays: arrays.map(({ group, name, shape }) => ({ group, name, shape })) },
    body: joinBytes(arrays.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))),
  };
}

/** What `storedTraining` took apart; null where `body` is too short. `body` starts at a multiple of 4 bytes of its buffer. */
export function restoredTraining({ pinned, trained, report, arrays }: KeptTrainingHeader, body: Uint8Array): KeptTraining | null {
  const groups = readArrays(arrays, body);
  if (groups === null) return null;
  return { pinned, trained, report, variables: groups.get('variables') ?? new Map(), bits: new Map(Object.entries(pinned.bits)) };
}
