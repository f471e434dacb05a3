import type { GraffitistError } from '../../errors.ts';
import { checkSize, unreadable } from './image.ts';

/** What a JPEG file says of its picture before it codes it. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: colour, 4: print colours. */
  readonly components: 1 | 3 | 4;
  /** What scans call the components. */
  readonly ids: readonly number[];
  /** Blocks of 8×8 samples, of all components together, as few as they can be. */
  readonly blocks: number;
}

/** Start of frame: baseline, extended and progressive, Huffman-coded. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);
/** Those of the forms that nobody reads: lossless, hierarchical, arithmetic. */
const OTHER_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const BLOCK = 64;

/** Whether a frame begins at a marker. @throws GraffitistError `image-unreadable` where it is of a form that is not read */
export function isFrame(code: number, name: string): boolean {
  if (OTHER_FRAMES.has(code)) throw otherForm(name, 'its way of coding (lossless, hierarchical or arithmetic) is not read');
  return FRAMES.has(code);
}

/** Reads a frame's header. @throws GraffitistError `image-unreadable` */
export function readFrame(body: Uint8Array, name: string): JpegFrame {
  const [bits = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = body;
  const [width, height] = [w1 * 256 + w0, h1 * 256 + h0];
  if (bits !== 8) throw otherForm(name, `it holds ${bits} bits per sample`);
  if (components !== 1 && components !== 3 && components !== 4) throw otherForm(name, `it has ${components} components`);
  if (body.length !== 6 + 3 * components) throw unreadable(name, 'its header is damaged');
  checkSize(width, height, name);
  const described = Array.from({ length: components }, (_, i) => {
    const [id = 0, factors = 0] = body.subarray(6 + 3 * i);
    return { id, across: factors >> 4, down: factors & 15 };
  });
  const finest = Math.max(...described.map(({ across }) => across)) * Math.max(...described.map(({ down }) => down));
  const parts = described.reduce((sum, { across, down }) => sum + across * down, 0) / Math.max(finest, 1);
  return { width, height, components, ids: described.map(({ id }) => id), blocks: (parts * width * height) / BLOCK };
}

/** The error for a JPEG file that is sound and of a form that is not read. */
export function otherForm(name: string, what: string): GraffitistError {
  return unreadable(name, what, 'Save it again as a baseline or progressive JPEG.');
}
