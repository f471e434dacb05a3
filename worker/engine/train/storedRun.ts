import { GraffitistError } from '../../errors.ts';
import { joinBytes } from '../../formats/bytes.ts';
import { crc32c } from '../../formats/crc32c.ts';
import type { Rate, TrainingRecord, TrainRequest } from '../../protocol.ts';
import type { TrainingState } from '../../train/state.ts';
import { parseTraining, resumedState, type StoredTraining, serializeTraining } from '../../train/storedState.ts';
import type { PreparedRun } from './prepare.ts';
import type { TrainingRun } from './run.ts';
import type { RunMemory, UsedBackend } from './runMemory.ts';

/** "GRUN", a zero, the version, two zeros. */
const MAGIC = Uint8Array.of(0x47, 0x52, 0x55, 0x4e, 0, 1, 0, 0);
/** Magic, and the length of the header. */
const FRONT = 12;
/** Numbers of a record before its thresholds. */
const FIXED = 6;

interface Header {
  /** Larger than that of every generation before it. */
  readonly generation: number;
  readonly ended: boolean;
  readonly request: TrainRequest;
  /** The data as they were called and how many there were. */
  readonly data: { readonly title: string; readonly count: number };
  /** Hash of the variables that the run began with. */
  readonly start: string;
  readonly stride: number;
  readonly records: number;
  readonly thresholds: number;
  readonly frozenAt: readonly (readonly [string, number])[];
  readonly bits: readonly (readonly [string, number])[];
  readonly float: Rate | null;
  readonly calibrated: Rate | null;
  readonly backends: readonly UsedBackend[];
  /** Absent in runs that were stored before there was the option. */
  readonly statistics?: RunMemory['statistics'];
  readonly peakBytes: number;
  readonly trainedMs: number;
  readonly state: number;
}

/** A run as it was stored. */
export interface StoredRun {
  readonly generation: number;
  readonly ended: boolean;
  readonly request: TrainRequest;
  readonly data: Header['data'];
  /** @throws GraffitistError `training-state` where the run at hand is another one: other data, other weights or thresholds to begin with, other options */
  memory(prepared: PreparedRun): RunMemory;
}

/**
 * TRN27: a run between two steps as bytes: magic and version, length of the header, the header as JSON padded to 8 bytes, records as
 * float64, the state as `serializeTraining` writes it, and the CRC-32C of all that. Numbers come back bit by bit.
 */
export function serializeRun({ memory, prepared, status }: TrainingRun, generation: number): Uint8Array {
  const { state, records, frozenAt, bits, float, calibrated, backends, statistics, peakBytes, trainedMs } = memory;
  const { request, training, plan, thresholds } = prepared;
  const stored = serializeTraining(plan, state);
  const { title } = training.data.summary;
  const header: Header = {
    // Files are not stored: a set of its own for validation is asked for again.
    ...{
      generation,
      request: request.validation.kind === 'data' ? { ...request, validation: { kind: 'data', data: { files: [] } } } : request,
    },
    ...{
      data: { title, count: training.data.count },
      start: prepared.startHash,
      float,
      calibrated,
      backends,
      statistics,
      peakBytes,
      trainedMs,
    },
    ...{ ended: status === 'ended', stride: records.stride, records: records.list.length, thresholds: thresholds.length },
    ...{ frozenAt: [...frozenAt], bits: [...bits], state: stored.length },
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = new Uint8Array(-(FRONT + json.length) & 7).fill(0x20);
  const numbers = Float64Array.from(records.list.flatMap(numbersOf));
  const bytes = joinBytes([MAGIC, word(json.length + padding.length), json, padding, new Uint8Array(numbers.buffer), stored]);
  return joinBytes([bytes, word(crc32c(bytes))]);
}

/** Reads what `serializeRun` wrote. @throws GraffitistError `training-state` where it is damaged, cut off or of another version */
export function parseRun(bytes: Uint8Array, about: string): StoredRun {
  const damaged = (cause: string) =>
    new GraffitistError('training-state', `${cause}.`, { about, remedy: 'Take the generation that was stored before it.' });
  if (bytes.length < FRONT + 4 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw damaged('This is no stored run of this version');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 4;
  if (view.getUint32(end, true) !== crc32c(bytes.subarray(0, end))) throw damaged('Its checksum is wrong: it is damaged or cut off');
  const start = FRONT + view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(FRONT, start))) as Header;
  const size = (FIXED + header.thresholds) * header.records * 8;
  const numbers = new Float64Array(bytes.slice(start, start + size).buffer);
  const stored = parseTraining(bytes.slice(start + size, start + size + header.state), about);
  const { generation, ended, request, data } = header;
  return { generation, ended, request, data, memory: (prepared) => memoryOf(header, numbers, resumed(prepared, header, stored, about)) };
}

function resumed(
  { plan, training, startHash }: PreparedRun,
  { data, start }: Header,
  stored: StoredTraining,
  about: string,
): TrainingState {
  const { title } = training.data.summary;
  if (title !== data.title || training.data.count !== data.count) {
    throw new GraffitistError('training-state', `The stored run was trained on other images: ${data.title}.`, {
      about: title,
      remedy: 'Open those images, or start a new run.',
    });
  }
  if (startHash !== start) {
    throw new GraffitistError('training-state', 'The stored run began with other weights or thresholds.', {
      about,
      remedy: 'Open the checkpoint that it began with, or start a new run.',
    });
  }
  return resumedState(plan, stored, about);
}

function memoryOf(header: Header, numbers: Float64Array, state: TrainingState): RunMemory {
  const { stride, records, thresholds, float, calibrated, backends = [], statistics = null, peakBytes, trainedMs } = header;
  const list = Array.from({ length: records }, (_, k) =>
    recordOf(numbers.subarray(k * (FIXED + thresholds), (k + 1) * (FIXED + thresholds))),
  );
  return {
    ...{ state, records: { stride, list }, float, calibrated, backends, statistics, peakBytes, trainedMs },
    ...{ frozenAt: new Map(header.frozenAt), bits: new Map(header.bits) },
  };
}

function numbersOf({ step, loss, regularization, weightRate, thresholdRate, ms, thresholds }: TrainingRecord): number[] {
  return [step, loss, regularization, weightRate, thresholdRate, ms, ...thresholds];
}

function recordOf(numbers: Float64Array): TrainingRecord {
  const [step = 0, loss = 0, regularization = 0, weightRate = 0, thresholdRate = 0, ms = 0] = numbers;
  return { step, loss, regularization, weightRate, thresholdRate, ms, thresholds: Float32Array.from(numbers.subarray(FIXED)) };
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}
