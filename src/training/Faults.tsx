import type { ReactNode } from 'react';
import { isTrainable } from '../../worker/protocol.ts';
import { useCommand } from '../commands/useCommand.ts';
import { useDocument } from '../state/document.ts';
import { setForm } from '../state/training.ts';
import type { TrainingFault } from './faults.ts';
import { useTrainingRoad } from './useTrainingRoad.ts';

/** What is missing, one sentence each with its way out; the later ones are mended after the first. */
export function Faults({ faults }: { faults: readonly TrainingFault[] }) {
  return (
    <>
      {faults.map((fault) => (
        <Fault key={fault} fault={fault} />
      ))}
    </>
  );
}

function Fault({ fault }: { fault: TrainingFault }) {
  switch (fault) {
    case 'quantized':
      return <Note>This file is quantized already. Open the float graph, or the training graph (.meta) with its checkpoint.</Note>;
    case 'not-training':
      return <NotTraining />;
    case 'not-float':
      return <Note>Float weights are trained before quantize: take that step out of the pipeline, or train weights and thresholds.</Note>;
    case 'pipeline-faults':
      return <Note>The pipeline cannot run as it stands: see the marked cards.</Note>;
    case 'not-run':
      return <NotRun words="Thresholds start where calibration puts them." />;
    case 'not-calibrated':
      return <NotRun words="The thresholds are not calibrated: open calibration data, or choose it of the images." />;
    case 'no-data':
      return <NoData />;
    case 'no-validation':
      return <Note>Choose the set to validate on, or drop it on this panel; or hold images out of the open one.</Note>;
    case 'no-labels':
      return (
        <Note
          action={
            <button type="button" className="button small" onClick={() => setForm({ targets: 'distillation' })}>
              Take the float outputs
            </button>
          }
        >
          The images have no labels. The outputs of the float network can be the target instead.
        </Note>
      );
  }
}

function NotTraining() {
  const form = useDocument((state) => state.summary?.form);
  const fill = useTrainingRoad();
  const trainable = isTrainable(form);
  return (
    <Note
      action={
        <button type="button" className="button small" disabled={fill === null} onClick={() => fill?.()}>
          {trainable ? 'Use recipe 3a' : 'Thaw and use recipe 3a'}
        </button>
      }
    >
      {trainable
        ? 'The pipeline makes no graph to train: recipe 3a does.'
        : 'This graph was exported for evaluation. Its weights are made variables first; its batch norms keep their statistics.'}
    </Note>
  );
}

function NotRun({ words }: { words: string }) {
  const run = useCommand('run-pipeline');
  return (
    <Note
      action={
        <button type="button" className="button small" disabled={!run.enabled} onClick={run.run}>
          Run it now
        </button>
      }
    >
      Run the pipeline first. {words}
    </Note>
  );
}

function NoData() {
  const open = useCommand('open');
  const folder = useCommand('open-folder');
  return (
    <Note
      action={
        <>
          <button type="button" className="button small" disabled={folder.enabled === false} onClick={folder.run}>
            Open folder…
          </button>
          <button type="button" className="button small" disabled={open.enabled === false} onClick={open.run}>
            Open files…
          </button>
        </>
      }
    >
      Training needs images, with labels or without: drop a folder, a .zip, TFRecord shards or an .npz.
    </Note>
  );
}

function Note({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="note warning data-note" role="note">
      {children}
      {action !== undefined && <div className="actions">{action}</div>}
    </div>
  );
}
