import { useEffect, useState } from 'react';
import type { SceneNode } from '../../worker/protocol.ts';
import { bitsClass } from '../ui/Tag.tsx';

const NAMES = {
  panel: '--panel',
  line: '--line2',
  wire: '--graph-wire',
  text: '--text',
  accent: '--accent',
  error: '--error',
  b4: '--b4-edge',
  b8: '--b8-edge',
  b8u: '--b8u',
  b16: '--b16-edge',
  bf: '--bf-edge',
  range: '--range',
  precision: '--precision',
} as const;

/** Colours of the theme for what is drawn on a canvas. */
export type Palette = Readonly<Record<keyof typeof NAMES, string>> & { readonly font: string };

export function bitsColour(palette: Palette, bits: SceneNode['bits']): string {
  return bits === null ? palette.bf : palette[bitsClass(bits.bits, bits.signed)];
}

/** The theme's colours as they now are; read again when the theme changes. */
export function usePalette(element: HTMLElement | null): Palette | null {
  const [palette, setPalette] = useState<Palette | null>(null);
  useEffect(() => {
    if (element === null) return;
    const read = () => setPalette(readPalette(element));
    read();
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
    return () => observer.disconnect();
  }, [element]);
  return palette;
}

function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const entries = Object.entries(NAMES).map(([name, property]) => [name, style.getPropertyValue(property).trim() || '#888'] as const);
  return { ...(Object.fromEntries(entries) as Record<keyof typeof NAMES, string>), font: style.fontFamily };
}
