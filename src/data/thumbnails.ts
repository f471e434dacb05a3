import { type ErrorInfo, errorInfo, type Thumbnail } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useData } from '../state/data.ts';

/** Longer side of the pictures that are asked for; smaller ones are scaled by the browser. */
const SIZE = 96;
/** Pictures that are kept, and how many are read at a time. */
const KEPT = 500;
const AT_ONCE = 4;

export type Seen = { readonly state: 'read'; readonly thumbnail: Thumbnail } | { readonly state: 'failed'; readonly error: ErrorInfo };

interface Wanted {
  readonly image: number;
  readonly take: (seen: Seen) => void;
}

let kept = new Map<number, Seen>();
let wanted: Wanted[] = [];
let reading = 0;
let generation = -1;

/** Reads a picture of the open set, those asked for last first. @returns what takes the wish back: a row that went out of sight needs none */
export function wantThumbnail(image: number, take: (seen: Seen) => void): () => void {
  if (generation !== useData.getState().generation) {
    generation = useData.getState().generation;
    kept = new Map();
    wanted = [];
  }
  const known = kept.get(image);
  if (known !== undefined) {
    take(known);
    return () => {};
  }
  const wish = { image, take };
  wanted.push(wish);
  void readNext();
  return () => {
    wanted = wanted.filter((other) => other !== wish);
  };
}

async function readNext(): Promise<void> {
  if (reading >= AT_ONCE) return;
  const wish = wanted.pop();
  if (wish === undefined) return;
  reading++;
  const from = generation;
  const seen = await read(wish.image);
  reading--;
  if (from === generation) {
    kept.set(wish.image, seen);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    wish.take(seen);
  }
  void readNext();
}

async function read(image: number): Promise<Seen> {
  try {
    return { state: 'read', thumbnail: await engine().thumbnail(image, SIZE) };
  } catch (thrown) {
    return { state: 'failed', error: errorInfo(thrown) };
  }
}
