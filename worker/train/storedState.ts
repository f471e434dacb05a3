import { GraffitistError } from '../errors.ts';
import { joinBytes } from '../formats/bytes.ts';
import { crc32c } from '../formats/crc32c.ts';
import { z } from '../formats/schema.ts';
import { type TrainingOptions, trainingOptions } from './options.ts';
import type { TrainingPlan } from './plan.ts';
import type { TrainingState } from './state.ts';
import { adamOf, momentArrays, readArrays, variableArrays } from './storedArrays.ts';
import type { VariableValues } from './types.ts';

/** "GTRAIN", a zero, the version. */
const MAGIC = Uint8Array.of(0x47, 0x54, 0x52, 0x41, 0x49, 0x4e, 0, 1);
/** Magic, and the length of the header. */
const FRONT = 12;

const names = z.array(z.string());
const numbers = z.record(z.string(), z.number());
const means = z.strictObject({ updates: z.number(), sums: numbers, means: numbers });
const validation = z.strictObject({ step: z.number(), score: z.number() });
const powers = z.tuple([z.number(), z.number()]);
const headerSchema = z.strictObject({
  options: z.unknown(),
  images: z.number(),
  trained: z.strictObject({ weights: names, thresholds: names }),
  step: z.number(),
  drawn: z.number(),
  powers: z.strictObject({ weights: powers, thresholds: powers }),
  freezing: z.strictObject({ frozen: names, averages: means, gradients: numbers }),
  losses: means,
  validations: z.array(validation),
  best: validation.nullable(),
  /** The arrays behind the header, one after the other. */
  arrays: z.array(z.strictObject({ group: z.string(), name: z.string(), shape: z.array(z.number().int().nonnegative()) })),
});
type Header = z.infer<typeof headerSchema>;

/** A stored run: its state, and what it was a run of. */
export interface StoredTraining {
  readonly options: TrainingOptions;
  readonly images: number;
  readonly trained: { readonly weights: readonly string[]; readonly thresholds: readonly string[] };
  readonly state: TrainingState;
}

/**
 * A run between two steps as bytes: magic and version, length of the header, the header as JSON padded to 4 bytes, every array as
 * little-endian float32, and the CRC-32C of all that. Numbers come back bit by bit.
 */
export function serializeTraining({ options, images, weights, thresholds }: TrainingPlan, state: TrainingState): Uint8Array {
  const arrays = [
    ...variableArrays('variables', state.variables),
    ...momentArrays('weights', state.weights),
    ...momentArrays('thresholds', state.thresholds),
    ...(state.best === null ? [] : variableArrays('best', state.best.variables)),
  ];
  const header: Header = {
    options,
    images,
    trained: { weights: [...weights], thresholds: [...thresholds] },
    step: state.step,
    drawn: state.drawn,
    powers: { weights: [...state.weights.powers], thresholds: [...state.thresholds.powers] },
    freezing: {
      frozen: [...state.freezing.frozen],
      averages: plainMeans(state.freezing.averages),
      gradients: Object.fromEntries(state.freezing.gradients),
    },
    losses: plainMeans(state.losses),
    validations: [...state.validations],
    best: state.best === null ? null : { step: state.best.step, score: state.best.score },
    arrays: arrays.map(({ group, name, shape }) => ({ group, name, shape: [...shape] })),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = new Uint8Array(-json.length & 3).fill(0x20);
  const length = word(json.length + padding.length);
  const body = arrays.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const bytes = joinBytes([MAGIC, length, json, padding, ...body]);
  return joinBytes([bytes, word(crc32c(bytes))]);
}

/** Reads what `serializeTraining` wrote. @throws GraffitistError `training-state` where it is damaged, cut off or of another version */
export function parseTraining(bytes: Uint8Array, about: string): StoredTraining {
  if (bytes.length < FRONT + 4 || MAGIC.some((byte, i) => i < 7 && bytes[i] !== byte))
    throw damaged(about, 'This is no stored training run');
  if (bytes[7] !== MAGIC[7])
    throw damaged(about, `This run was stored in version ${bytes[7]} of the format, and version ${MAGIC[7]} is read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 4;
  if (view.getUint32(end, true) !== crc32c(bytes.subarray(0, end))) throw damaged(about, 'Its checksum is wrong: it is damaged or cut off');
  const start = FRONT + view.getUint32(8, true);
  const header = readHeader(bytes.subarray(FRONT, start), about);
  const groups = readArrays(header.arrays, bytes.slice(start, end));
  if (groups === null) throw damaged(about, 'Arrays are missing');
  const variables = (group: string): VariableValues => groups.get(group) ?? new Map();
  return {
    options: trainingOptions(header.options),
    images: header.images,
    trained: header.trained,
    state: {
      step: header.step,
      drawn: header.drawn,
      variables: variables('variables'),
      weights: adamOf('weights', header.powers.weights, groups),
      thresholds: adamOf('thresholds', header.powers.thresholds, groups),
      freezing: {
        frozen: header.freezing.frozen,
        averages: meansOf(header.freezing.averages),
        gradients: new Map(Object.entries(header.freezing.gradients)),
      },
      losses: meansOf(header.losses),
      validations: header.validations,
      best: header.best === null ? null : { ...header.best, variables: variables('best') },
    },
  };
}

/** The state of a stored run, to go on with under `plan`. @throws GraffitistError `training-state` where it is a run of something else */
export function resumedState(plan: TrainingPlan, stored: StoredTraining, about: string): TrainingState {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const differing = [
    ...Object.entries(plan.options).flatMap(([name, value]) =>
      same(value, stored.options[name as keyof TrainingOptions]) ? [] : [`option ${name}`],
    ),
    ...(plan.images === stored.images ? [] : ['number of images']),
    ...(same(plan.weights, stored.trained.weights) ? [] : ['weights that are trained']),
    ...(same(plan.thresholds, stored.trained.thresholds) ? [] : ['thresholds that are trained']),
  ];
  if (differing.length === 0) return stored.state;
  throw new GraffitistError('training-state', `The stored run differs from this one: ${differing.join(', ')}.`, {
    about,
    remedy: 'Resume it with the same graph, images and options, or start a new run.',
  });
}

function readHeader(json: Uint8Array, about: string): Header {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder().decode(json));
  } catch {
    throw damaged(about, 'Its header is no JSON');
  }
  const parsed = headerSchema.safeParse(read);
  if (parsed.success) return parsed.data;
  throw damaged(about, `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
}

function plainMeans({ updates, sums, means: values }: TrainingState['losses']): z.infer<typeof means> {
  return { updates, sums: Object.fromEntries(sums), means: Object.fromEntries(values) };
}

function meansOf({ updates, sums, means: values }: z.infer<typeof means>): TrainingState['losses'] {
  return { updates, sums: new Map(Object.entries(sums)), means: new Map(Object.entries(values)) };
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

function damaged(about: string, cause: string): GraffitistError {
  return new GraffitistError('training-state', `${cause}.`, { about, remedy: 'Take the generation that was stored before it.' });
}
