/**
 * How large boxes are drawn. The engine has no fonts: widths are estimated from the number of characters for the widest of the usual
 * system fonts, and the page clips what a narrower estimate would have hurt.
 */
import type { SceneChip } from '../protocol.ts';

const SIZES = {
  layerWidth: 240,
  layerHead: 44,
  chipRow: 22,
  opHeight: 28,
  pillHeight: 26,
  closedGroup: { width: 244, height: 44 },
  groupHeader: 32,
  nodeHeight: 40,
} as const;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Widths of characters in the widest of the usual fonts (DejaVu Sans), in parts of the size. */
function charWidth(char: string): number {
  if (/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/.test(char)) return 0.4;
  if (/[il.,:;|·' ]/.test(char)) return 0.32;
  if (/[ftrj/()-]/.test(char)) return 0.4;
  if (/[mMW×→…]/.test(char)) return 0.9;
  return /[A-Zw]/.test(char) ? 0.72 : 0.62;
}

/** Width of a text at a size in pixels. */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width * size * (bold ? 1.15 : 1);
}

/** Room for a tag under a box, with the shape beside it. */
export const TAG_TAIL = 26;
/** Room for a shape alone. */
export const LABEL_TAIL = 20;
/** Height of a tag on a wire, with some air. */
export const TAG_HEIGHT = 24;

export function tagWidth(text: string): number {
  return grid(textWidth(text, 11, true) + 14);
}

export function layerSize(chips: readonly SceneChip[]): Size {
  const rows = chipRows(chips, SIZES.layerWidth - 22);
  return { width: SIZES.layerWidth, height: SIZES.layerHead + (rows === 0 ? 4 : rows * SIZES.chipRow) };
}

/** A small box: one line, with a row of chips below where it holds quantizers. */
export function opSize(title: string, chips: readonly SceneChip[]): Size {
  const chipsWidth = chips.reduce((sum, chip) => sum + chipWidth(chip) + 4, 0);
  const width = Math.max(72, textWidth(title, 12, true) + 28, chips.length > 0 ? chipsWidth + 19 : 0);
  return { width: grid(Math.min(280, width)), height: SIZES.opHeight + (chips.length > 0 ? SIZES.chipRow : 0) };
}

export function pillSize(title: string, facts: string): Size {
  const width = textWidth(title, 12, true) + (facts === '' ? 0 : textWidth(facts, 11) + 8) + 30;
  return { width: grid(Math.min(320, Math.max(64, width))), height: SIZES.pillHeight };
}

export function nodeSize(title: string, subtitle: string, chips: readonly SceneChip[]): Size {
  const width = Math.max(80, textWidth(title, 12, true) + 26, textWidth(subtitle, 11) + 26);
  return { width: grid(Math.min(240, width)), height: SIZES.nodeHeight + (chips.length > 0 ? SIZES.chipRow : 0) };
}

export function closedGroupSize(title: string, subtitle: string): Size {
  const width = Math.max(textWidth(title, 12, true) + 40, textWidth(subtitle, 11) + 28) + 60;
  return { width: grid(Math.min(320, Math.max(160, width))), height: SIZES.closedGroup.height };
}

/** Least size of an open group: its title row. */
export function openGroupSize(title: string, subtitle: string): Size {
  return { width: grid(textWidth(title, 12, true) + textWidth(subtitle, 11) + 72), height: SIZES.groupHeader };
}

function chipRows(chips: readonly SceneChip[], room: number): number {
  let rows = chips.length === 0 ? 0 : 1;
  let left = 0;
  for (const chip of chips) {
    const width = chipWidth(chip);
    if (left > 0 && left + width > room) {
      rows++;
      left = 0;
    }
    left += width + 4;
  }
  return rows;
}

function chipWidth(chip: SceneChip): number {
  return textWidth(chip.text, 10.5, true) + 12;
}

function grid(length: number): number {
  return Math.ceil(length / 4) * 4;
}
