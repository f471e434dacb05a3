import type { CalibrationSet } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { plural, shape } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { log } from '../state/log.ts';
import { saveFile } from './download.ts';
import { runJob } from './jobs.ts';
import { addFiles } from './open.ts';

/** Chooses images of the open set; the array joins the document as its calibration data, the list beside it so that a recipe says how it was made. @returns whether it did */
export async function makeCalibrationSet(): Promise<boolean> {
  const { images, choice, generation } = useData.getState();
  const ended = await runJob(
    'choose',
    'Making a calibration set',
    (options) => engine().makeCalibrationSet({ images, ...choice }, options),
    (set) => `Chose ${plural(set.count, 'image')} of ${shape(set.shape.slice(1))} for calibration.`,
  );
  if (useData.getState().generation !== generation || ended.state === 'cancelled') return false;
  if (ended.state === 'failed') {
    useData.setState({ madeError: ended.error });
    return false;
  }
  for (const { name, error } of ended.value.leftOut.first) log('warning', `${name}: ${error.cause}`, error.code);
  for (const warning of ended.value.warnings) log('warning', warning.text, warning.rule);
  useData.setState({ made: ended.value, madeError: null });
  return addFiles([ended.value.array, ended.value.list]);
}

/** Array and list of a calibration set into the browser's downloads. */
export function saveCalibrationSet({ array, list }: CalibrationSet): void {
  saveFile(array);
  saveFile(list);
}
