import type { PipelineStep, QuantizerRow } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { BITS_FILE, withBits } from '../pipeline/bitsList.ts';
import { bitsText } from '../pipeline/bitsText.ts';
import { useDocument } from '../state/document.ts';
import { log } from '../state/log.ts';
import { setOption, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { askPick } from '../state/selection.ts';
import { useView } from '../state/view.ts';
import { quietly } from './jobs.ts';
import { addFiles } from './open.ts';

/** More depthwise layers than any network has. */
const MOST_LAYERS = 10_000;
const DEPTHWISE = 'DepthwiseConv2dNative';

const quantizeStep = (): PipelineStep | undefined =>
  usePipeline.getState().request.steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed);

/** The name of the list that `quantize` reads, and its text; an empty one where there is none yet. */
export async function bitsList(): Promise<{ readonly name: string; readonly text: string }> {
  const given = quantizeStep()?.options.bits_list;
  const name = typeof given === 'string' ? given.slice(given.lastIndexOf('/') + 1) : BITS_FILE;
  const file = useDocument.getState().sources.find((source) => source.name === name);
  return { name, text: file === undefined ? '' : await file.blob.text() };
}

/** Gives quantizers other bits: the list of the document is written anew and named in `quantize`. null takes one off the list. */
export async function paintBits(changes: ReadonlyMap<string, number | null>): Promise<boolean> {
  const step = quantizeStep();
  if (step === undefined || changes.size === 0) return false;
  const { name, text } = await bitsList();
  const written = withBits(text, changes);
  if (!(await addFiles([{ name, blob: new Blob([written]) }]))) return false;
  setOption(step.id, 'bits_list', written === '' ? undefined : name);
  return true;
}

/** The weights of depthwise layers on the stage on screen, by quantizer. */
export async function depthwiseWeights(): Promise<readonly QuantizerRow[]> {
  const { stage } = useView.getState();
  const rows = useRun.getState().quantizers?.rows ?? [];
  const found = await quietly(() => engine().search(stage, DEPTHWISE, MOST_LAYERS), []);
  const layers = found.filter(({ op }) => op === DEPTHWISE);
  const details = await Promise.all(layers.map(({ node }) => quietly(() => engine().inspect(stage, node), null)));
  const weights = new Set(details.map((detail) => detail?.inputs[1]?.name.replace(/:\d+$/, '')));
  return rows.filter(({ kind, node }) => kind === 'weight' && weights.has(node));
}

/** From now on a click on a layer of the graph gives its weights these bits, until Escape. */
export function paintByClicks(bits: number): void {
  const prompt = `Click layers: their weights get ${bitsText(bits)}`;
  const answer = (node: string, members: readonly string[]): void => {
    void paintBox(node, new Set(members), bits).then(() => askPick({ prompt, answer }));
  };
  askPick({ prompt, answer });
}

async function paintBox(node: string, members: ReadonlySet<string>, bits: number): Promise<void> {
  const rows = (useRun.getState().quantizers?.rows ?? []).filter(
    ({ kind, node: own, source }) => kind === 'weight' && (members.has(own) || members.has(source)),
  );
  if (rows.length === 0) log('info', `${node} has no quantized weights.`);
  await paintBits(new Map(rows.map(({ name }) => [name, bits])));
}
