import { type KeyboardEvent, useEffect, useRef } from 'react';
import { showStage } from '../actions/stages.ts';
import { count } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { useView } from '../state/view.ts';
import { RETRAINED } from '../training/trainRequest.ts';
import { Tip } from '../ui/Tip.tsx';

/** Short words for the tabs; the full name of the transform is the tooltip. */
const SHORT: Readonly<Record<string, string>> = {
  fix_input_shape: 'shape',
  fold_batch_norms: 'fold BN',
  remove_training_nodes: 'clean',
  strip_unused_nodes: 'strip',
  preprocess_layers: 'layers',
  equalize_layers: 'equalize',
  correct_biases: 'biases',
  thaw_graph: 'thaw',
  freeze_graph: 'freeze',
  quantize: 'quantize',
};

/** The graph as opened and after each step of the last run. Arrow keys walk through them. */
export function StageTabs() {
  const stages = useRun((state) => state.stages);
  const stage = useView((state) => state.stage);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[data-stage="${stage}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [stage]);
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = stages[stages.findIndex((info) => info.stage === stage) + step];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    void showStage(next.stage);
    list.current?.querySelector<HTMLElement>(`[data-stage="${next.stage}"]`)?.focus();
  };
  if (stages.length < 2) return null;
  return (
    <div className="stages" role="tablist" aria-label="Stages of the graph" ref={list} onKeyDown={walk}>
      {stages.map((info) => {
        const on = info.stage === stage;
        return (
          <Tip
            key={info.stage}
            text={
              info.stage === 0
                ? 'The graph as opened'
                : info.title === RETRAINED
                  ? `With the trained weights and thresholds: ${count(info.nodeCount)} nodes`
                  : `After ${info.title}: ${count(info.changes)} changes, ${count(info.nodeCount)} nodes`
            }
          >
            <button
              type="button"
              role="tab"
              aria-selected={on}
              tabIndex={on ? 0 : -1}
              data-stage={info.stage}
              className={on ? 'stage on' : 'stage'}
              onClick={() => void showStage(info.stage)}
            >
              {info.stage === 0 ? 'Original' : (SHORT[info.title] ?? info.title)}
              {info.stage > 0 && info.changes > 0 && <em>{count(info.changes)}</em>}
            </button>
          </Tip>
        );
      })}
    </div>
  );
}
