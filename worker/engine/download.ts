import { GraffitistError } from '../errors.ts';
import { frozenFile, graffitistFiles } from '../export/files.ts';
import { zipFiles } from '../export/zip.ts';
import type { DownloadForm, JobOptions, RunRequest, SourceFile } from '../protocol.ts';
import type { OpenDocument } from './document.ts';
import { recipeOf, sha256 } from './recipe.ts';
import { type StageState, stageQuantizers } from './stage.ts';

/** What there is to save. */
export interface Saved {
  readonly document: OpenDocument;
  readonly stage: StageState;
  readonly request: RunRequest | null;
}

/** The files of one download. @throws GraffitistError `variable-missing`, `threshold-missing`, `recipe-invalid` where no run was made */
export async function downloadFiles(form: DownloadForm, saved: Saved, job: JobOptions): Promise<SourceFile[]> {
  switch (form) {
    case 'frozen':
      return [await frozenFile(saved.stage, pbName(saved))];
    case 'graffitist':
      return graffitistFiles(saved.stage, pbName(saved), saved.document.checkpoint?.prefix ?? null);
    case 'recipe':
      return [await recipeFile(saved)];
    case 'zip':
      return [await zipFile(saved, job)];
  }
}

/** An unchanged graph keeps its name; otherwise the name tells what was done. */
function pbName({ document, stage }: Saved): string {
  if (stage.step === null) return `${document.name}.pb`;
  return `${document.name}_${stageQuantizers(stage).length > 0 ? 'quant' : 'opt'}.pb`;
}

async function recipeFile({ document, request }: Saved): Promise<SourceFile> {
  if (request === null)
    throw new GraffitistError('recipe-invalid', 'There is no run to save as a recipe.', { remedy: 'Run the pipeline first.' });
  const hash = async (file: SourceFile | undefined) => (file === undefined ? null : { name: file.name, sha256: await sha256(file.blob) });
  const recipe = recipeOf(request, { model: await hash(document.graphFile), calibration: await hash(document.calibration?.file) });
  return { name: `${document.name}_recipe.json`, blob: new Blob([`${JSON.stringify(recipe, null, 2)}\n`]) };
}

/** Both forms and the recipe; the graph with variables goes into a folder of its own, for its name is the frozen one's. */
async function zipFile(saved: Saved, job: JobOptions): Promise<SourceFile> {
  const frozen = await frozenFile(saved.stage, pbName(saved));
  const variables = await graffitistFiles(saved.stage, pbName(saved), saved.document.checkpoint?.prefix ?? null);
  const recipe = saved.request === null ? [] : [await recipeFile(saved)];
  const folder = variables.map((file) => ({ ...file, name: `graffitist/${file.name}` }));
  return zipFiles([frozen, ...folder, ...recipe], `${saved.document.name}.zip`, job);
}
