import type { SourceFile } from '../../worker/protocol.ts';

/** Where a list says what it is: within its first bytes. */
const HEAD = 256;

/** Whether a .json says how a calibration set was made, and so belongs to the document instead of filling the pipeline. */
export async function isCalibrationList({ blob }: SourceFile): Promise<boolean> {
  return (await blob.slice(0, HEAD).text()).includes('"graffitist-calibration-set"');
}
