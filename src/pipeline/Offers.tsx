import type { PipelineStep } from '../../worker/protocol.ts';
import { makeCalibrationSet } from '../actions/calibrationSet.ts';
import { addFiles, addSampleData } from '../actions/open.ts';
import { runPipeline } from '../actions/run.ts';
import { pickFiles } from '../files/dropped.ts';
import { useData } from '../state/data.ts';
import { setOption } from '../state/pipeline.ts';
import { useSampleFits } from './useSampleFits.ts';

/** The ways on when there is no calibration data. Each one goes on with the run. */
export function Offers({ step }: { step: PipelineStep }) {
  const sampleFits = useSampleFits();
  const images = useData((state) => state.summary?.count ?? 0);
  const size = useData((state) => Math.min(state.choice.size, images));
  const add = async (): Promise<void> => {
    const files = await pickFiles('files');
    if (files.length > 0 && (await addFiles(files))) await runPipeline();
  };
  const sample = async (): Promise<void> => {
    if (await addSampleData()) await runPipeline();
  };
  const choose = async (): Promise<void> => {
    if (await makeCalibrationSet()) await runPipeline();
  };
  const without = (): void => {
    setOption(step.id, 'calibrate_quant_layers', false);
    void runPipeline();
  };
  return (
    <>
      {images > 0 && (
        <button type="button" className="button small" onClick={() => void choose()}>
          Choose {size} of the images
        </button>
      )}
      <button type="button" className="button small" onClick={() => void add()}>
        Add data…
      </button>
      {sampleFits && (
        <button type="button" className="button small" onClick={() => void sample()}>
          Use the sample’s data
        </button>
      )}
      <button type="button" className="button small" onClick={without}>
        Run without calibration
      </button>
    </>
  );
}
