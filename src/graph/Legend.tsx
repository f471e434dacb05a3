import { useMemo } from 'react';
import { bitsName } from '../format/numbers.ts';
import { bitsClass } from '../ui/Tag.tsx';
import type { Picture } from './picture.ts';

/** The bit-widths that this picture shows, by colour and name; every graph shows float. */
export function Legend({ picture }: { picture: Picture }) {
  const entries = useMemo(() => legendOf(picture), [picture]);
  return (
    <ul className="graph-legend" aria-label="Bit-widths by colour">
      {entries.map(({ name, colour }) => (
        <li key={name}>
          <i className={colour} />
          {name}
        </li>
      ))}
    </ul>
  );
}

function legendOf({ scene }: Picture) {
  const found = new Map<string, { readonly name: string; readonly colour: string; readonly order: number }>();
  const add = (bits: { readonly bits: number; readonly signed: boolean } | null) => {
    if (bits === null) return;
    const name = bitsName(bits.bits, bits.signed);
    found.set(name, { name, colour: bitsClass(bits.bits, bits.signed), order: bits.bits * 2 + (bits.signed ? 0 : 1) });
  };
  for (const node of scene.nodes) {
    add(node.bits);
    add(node.tag);
    for (const chip of node.chips) add(chip.tag);
  }
  for (const edge of scene.edges) add(edge.tag);
  return [...[...found.values()].sort((a, b) => a.order - b.order), { name: 'float', colour: 'bf', order: 0 }];
}
