import { memo } from 'react';
import type { SceneEdge, SceneNode } from '../../worker/protocol.ts';
import { QuantizerTag, shareKey } from './QuantizerTag.tsx';
import type { Rect } from './tiles.ts';
import { wirePath } from './wirePath.ts';

interface WireLayerProps {
  readonly area: Rect;
  readonly frames: readonly SceneNode[];
  readonly wires: readonly SceneEdge[];
  readonly selection: string | null;
  readonly marked: ReadonlySet<string>;
}

/** The ground's dots, frames of open groups, the wires on them, and the tags of single wires. Drawn under the boxes, in the scene's pixels. */
export const WireLayer = memo(function WireLayer({ area, frames, wires, selection, marked }: WireLayerProps) {
  return (
    <div className="graph-wires">
      <div className="dots" style={{ left: area.x, top: area.y, width: area.width, height: area.height }} />
      <svg aria-hidden="true" focusable="false">
        {frames.map(({ id, x, y, width, height }) => (
          <rect key={id} className={id === selection ? 'frame selected' : 'frame'} x={x} y={y} width={width} height={height} rx="10" />
        ))}
        {wires.map((wire) => (
          <path
            key={wire.id}
            className={`wire${wire.control ? ' control' : ''}${wire.from === selection || wire.to === selection ? ' near' : ''}`}
            d={wirePath(wire.points)}
          />
        ))}
      </svg>
      {wires.map(
        ({ id, tag, at, to }) =>
          tag !== null &&
          at !== null && (
            <div key={id} className="wire-tag" style={{ left: at[0], top: at[1] }}>
              <QuantizerTag tag={tag} box={to} marked={marked.has(shareKey(tag))} wire />
            </div>
          ),
      )}
    </div>
  );
});
