import { GripVertical } from 'lucide-react';
import { addTransform } from '../actions/pipeline.ts';
import { usePipeline } from '../state/pipeline.ts';
import { Tip } from '../ui/Tip.tsx';
import { startDrag } from './dragStep.ts';
import { focusCard } from './focusCard.ts';

/** The transforms that are not in the pipeline yet: drag one there, or press Enter on it. */
export function Palette() {
  const transforms = usePipeline((state) => state.transforms);
  const steps = usePipeline((state) => state.request.steps);
  const used = new Set(steps.map((step) => step.transform));
  const free = transforms.filter((transform) => !used.has(transform.name));
  const inUse = transforms.length - free.length;
  return (
    <section aria-labelledby="transforms">
      <header className="section-head">
        <h2 id="transforms">Transforms</h2>
        <span>{free.length > 0 ? 'drag to the pipeline' : `all ${inUse} in use`}</span>
      </header>
      <ul>
        {free.map((transform) => (
          <li key={transform.name}>
            <Tip text={transform.summary}>
              <button
                type="button"
                className="palette-entry"
                onPointerDown={(event) => startDrag(event, { kind: 'palette', transform: transform.name })}
                onClick={() => void addTransform(transform.name).then(focusCard)}
              >
                <GripVertical aria-hidden />
                {transform.name}
              </button>
            </Tip>
          </li>
        ))}
        {free.length > 0 && inUse > 0 && <li className="palette-used">{inUse} in use</li>}
      </ul>
    </section>
  );
}
