import { useReactFlow, useStore } from 'reactflow';
import type { Reading } from '../../worker/protocol.ts';
import { Legend } from './Legend.tsx';
import type { Picture } from './picture.ts';

interface ToolbarProps {
  readonly picture: Picture | null;
  readonly reading: Reading;
  readonly onReading: (reading: Reading) => void;
  readonly onFit: () => void;
}

/** Reading, zoom and legend, over the upper edge of the canvas. */
export function Toolbar({ picture, reading, onReading, onFit }: ToolbarProps) {
  const flow = useReactFlow();
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <div className="graph-toolbar" role="toolbar" aria-label="Graph">
      <fieldset className="segments" aria-label="Reading">
        {(['layers', 'nodes'] as const).map((name) => (
          <button key={name} type="button" aria-pressed={reading === name} onClick={() => onReading(name)}>
            {name === 'layers' ? 'Layers' : 'Nodes'}
          </button>
        ))}
      </fieldset>
      <fieldset className="segments" aria-label="Zoom">
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => void flow.zoomOut()}>
          −
        </button>
        <button type="button" className="percent" title="Zoom to 100 %" onClick={() => void flow.zoomTo(1)}>
          {zoom} %
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => void flow.zoomIn()}>
          +
        </button>
        <button type="button" title="Fit the whole graph (0)" onClick={onFit}>
          Fit
        </button>
      </fieldset>
      <span className="grow" />
      {picture !== null && <Legend picture={picture} />}
    </div>
  );
}
