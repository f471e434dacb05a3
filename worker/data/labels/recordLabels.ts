import { GraffitistError } from '../../errors.ts';
import { readExample } from '../../formats/example.ts';
import { type ImageExample, imageExample } from '../../formats/imageExample.ts';
import { readTfRecord } from '../../formats/tfrecord.ts';
import type { LabelRule } from '../../protocol.ts';
import type { Source, StoredImages } from '../sources/source.ts';
import type { FoundLabels } from './offset.ts';
import { classOfWnid, type WnidOrder } from './wnid.ts';

/** How a record's label is made of what it holds; plain data that goes to a decode worker. */
export interface RecordLabels {
  /** Its number, or its WNID (`image/class/synset`) in one of the orders. */
  readonly by: 'number' | WnidOrder;
  readonly offset: number;
  /** Classes of the network; null: any. */
  readonly classes: number | null;
}

/** A record's picture and its label; null: it has none, or none is wanted. */
export interface LabelledExample {
  readonly encoded: Uint8Array;
  readonly label: number | null;
}

/** @throws GraffitistError `tfrecord-malformed`; `label-invalid` where the network has no such class */
export async function labelledExample(
  stored: Extract<StoredImages, { readonly kind: 'record' }>,
  name: string,
  labels: RecordLabels | null,
): Promise<LabelledExample> {
  const example = await readImage(stored, name);
  return { encoded: example.encoded, label: labels === null ? null : labelOf(example, name, labels) };
}

async function readImage({ blob }: Extract<StoredImages, { readonly kind: 'record' }>, name: string): Promise<ImageExample> {
  // The checksum stands behind the payload.
  const payload = await readTfRecord(blob, { offset: 0, length: blob.size - 4 }, name);
  return imageExample(readExample(payload, name), name);
}

function labelOf(example: ImageExample, name: string, { by, offset, classes }: RecordLabels): number | null {
  const found = by === 'number' ? (example.label ?? null) : classOfWnid(example.synset ?? '', by);
  if (found === null) return null;
  const label = found + offset;
  if (label >= 0 && (classes === null || label < classes)) return label;
  throw new GraffitistError(
    'label-invalid',
    `Its label is ${label}${offset === 0 ? '' : ` with the offset ${offset}`}, and the network has no such class.`,
    {
      about: name,
      remedy: 'Correct the label offset.',
    },
  );
}

/** So many records are looked at before labels are settled. */
const SAMPLE = 24;

/** Labels of some records over the whole set. */
export interface RecordSample {
  found(rule: Extract<LabelRule, { readonly kind: 'carried' | 'wnid' }>): FoundLabels;
}

/** LBL9: looks at some records; those that cannot be read say nothing. */
export async function sampleRecords(source: Source): Promise<RecordSample> {
  const count = Math.min(SAMPLE, source.count);
  const images = Array.from({ length: count }, (_, i) => Math.floor((i * source.count) / count));
  const examples: ImageExample[] = [];
  for (const [place, stored] of source.stored(images).entries()) {
    if (stored.kind !== 'record') continue;
    try {
      examples.push(await readImage(stored, source.pathOf(images[place] ?? 0)));
    } catch (error) {
      if (!(error instanceof GraffitistError)) throw error;
    }
  }
  return {
    found(rule) {
      const labels = examples.flatMap((example) => {
        const label = rule.kind === 'wnid' ? classOfWnid(example.synset ?? '', rule.order) : (example.label ?? null);
        return label === null ? [] : [label];
      });
      const range = labels.length === 0 ? null : ([Math.min(...labels), Math.max(...labels)] as const);
      return { rule, range, of: rule.kind === 'wnid' ? 1000 : null, ...(rule.kind === 'carried' ? countFrom(examples) : {}) };
    },
  };
}

/** ImageNet's records count from 1 in the sorted order of WNIDs; other people's from 0. */
function countFrom(examples: readonly ImageExample[]): Pick<FoundLabels, 'countFrom'> {
  const known = examples.flatMap(({ synset, label }) => {
    const index = classOfWnid(synset ?? '', 'imagenet');
    return index === null || label === undefined ? [] : [label - index];
  });
  for (const first of [0, 1] as const)
    if (known.length > 0 && known.every((difference) => difference === first)) return { countFrom: first };
  return known.length === 0 && examples.every(({ label }) => label !== 0) ? { countFrom: 'likely-1' } : {};
}
