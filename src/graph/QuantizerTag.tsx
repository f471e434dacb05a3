import type { QuantTag } from '../../worker/protocol.ts';
import { quantName } from '../format/numbers.ts';
import { bitsClass } from '../ui/Tag.tsx';
import { useCanvas } from './CanvasContext.ts';

/** Name under which a tag is hovered and marked: its shared threshold, else its own quantizer. */
export const shareKey = (tag: QuantTag): string => tag.group ?? tag.quantizer;

/** A quantizer on a wire or chip: `int8 2⁻⁵`, coloured by bits, ringed while its shared threshold is marked. */
export function QuantizerTag({
  tag,
  text,
  box,
  marked,
  wire,
}: {
  tag: QuantTag;
  text?: string;
  box: string;
  marked: boolean;
  wire: boolean;
}) {
  const { hover, selectQuantizer } = useCanvas();
  const name = quantName(tag);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same choice is made by key on the box and in the thresholds table
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <span
      className={`tag ${bitsClass(tag.bits, tag.signed)} graph-tag${wire ? ' on-wire' : ''}${marked ? ' marked' : ''}`}
      title={`${tag.quantizer}${tag.group === null ? '' : `\nShares ${tag.group}`}${tag.exponent === null ? '\nThreshold not loaded' : ''}`}
      onPointerEnter={() => hover(shareKey(tag))}
      onPointerLeave={() => hover(null)}
      onClick={(event) => {
        event.stopPropagation();
        selectQuantizer(tag.quantizer, box);
      }}
    >
      {text ?? (
        <>
          {name.split(' ')[0]}
          <span className="scale">{name.slice(name.split(' ')[0]?.length ?? 0)}</span>
        </>
      )}
    </span>
  );
}
