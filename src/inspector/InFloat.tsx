import { useState } from 'react';
import type { Skip } from '../../worker/protocol.ts';
import { showStage } from '../actions/stages.ts';
import { plural } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { showNode } from '../state/selection.ts';
import { LeftAlone } from '../ui/LeftAlone.tsx';

/** Rows before "all". */
const LISTED = 8;

/** What stays in float of the opened graph: of a quantized one as it is, of any other as recipe 2 would leave it. */
export function InFloat({ skips }: { skips: readonly Skip[] }) {
  const quantized = useDocument((state) => state.summary?.form === 'quantized');
  const [all, setAll] = useState(false);
  const title = quantized ? 'in float' : 'would stay in float';
  const open = (node: string): void => void showStage(0).then(() => showNode(node));
  return (
    <section className="in-float" aria-label="What stays in float">
      <h3 className="part-title">
        {skips.length === 0 ? `Nothing ${title === 'in float' ? 'is in float' : title}` : `${plural(skips.length, 'node')} ${title}`}
      </h3>
      <ul>
        {(all ? skips : skips.slice(0, LISTED)).map((skip) => (
          <LeftAlone key={`${skip.rule} ${skip.node}`} skip={skip} onOpen={open} />
        ))}
      </ul>
      {skips.length > LISTED && (
        <button type="button" className="link part-more" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${skips.length}`}
        </button>
      )}
    </section>
  );
}
