import { GraffitistError } from '../errors.ts';
import type { OpenNetwork } from '../evaluate/network.ts';
import type { Model } from '../graph/model.ts';
import type { GraphInterface, NetworkRef, Stage } from '../protocol.ts';
import { resolveConditions } from '../transforms/conditions.ts';
import { openDocument, refuseBrokenCheckpoint } from './document.ts';
import { openedStage, type StageState } from './stage.ts';

/** Where networks come from: the stages of the open document, and the interface that its last run was given. */
export interface StageSource {
  /** @throws GraffitistError where there is no such stage */
  readonly stageAt: (stage: Stage) => StageState;
  readonly runInterface: () => GraphInterface | null;
}

/**
 * EVA3: the networks that a request names, each with the interface that the request gives, else that of the last run (a stage), else that
 * of the first network where it has those nodes, else its own.
 * @throws GraffitistError what opening a file throws; `interface-invalid` naming a node that the first network does not have
 */
export async function openNetworks(
  refs: readonly NetworkRef[],
  given: GraphInterface | undefined,
  source: StageSource,
): Promise<OpenNetwork[]> {
  const opened: OpenNetwork[] = [];
  for (const ref of refs) {
    const state = ref.kind === 'stage' ? source.stageAt(ref.stage) : await openedFiles(ref);
    const run = ref.kind === 'stage' ? source.runInterface() : null;
    const [first] = opened;
    const wanted = [given, run, first === undefined ? null : interfaceOf(first.model)];
    const found = wanted.find((candidate) => candidate != null && hasNodes(state.model, candidate));
    if (given !== undefined && found !== given && first === undefined) refuseMissing(state.model, given);
    const model = found == null ? state.model : withInterface(state.model, found);
    const titles = opened.map(({ title }) => title);
    const title = ref.title ?? (ref.kind === 'stage' ? state.title : titleOf(ref, titles));
    opened.push({ title, model: { ...model, graph: resolveConditions(model).graph }, thresholds: state.thresholds });
  }
  return opened;
}

async function openedFiles({ files, choice }: Extract<NetworkRef, { kind: 'files' }>): Promise<StageState> {
  const document = await openDocument(files, { anyTag: true, ...choice });
  refuseBrokenCheckpoint(document, document.graph);
  return openedStage(document);
}

/** The graph's file name, with its path where a network before it is called the same. */
function titleOf({ files }: Extract<NetworkRef, { kind: 'files' }>, taken: readonly string[]): string {
  const [file] = files;
  if (file === undefined) return 'network';
  return taken.includes(file.name) ? (file.path ?? file.name) : file.name;
}

function interfaceOf({ inputs, outputs, inputShape }: Model): GraphInterface {
  return { inputs, outputs, shape: inputShape.length === 0 ? null : inputShape };
}

function hasNodes({ graph }: Model, { inputs, outputs }: GraphInterface): boolean {
  return [...inputs, ...outputs].every((name) => graph.has(name));
}

/** Another interface; its shape where it has one. */
function withInterface(model: Model, { inputs, outputs, shape, shapes }: GraphInterface): Model {
  const own = shape === null ? {} : { inputShape: shape, inputShapes: new Map(Object.entries(shapes ?? {})) };
  return { ...model, inputs, outputs, ...own };
}

function refuseMissing({ graph }: Model, { inputs, outputs }: GraphInterface): never {
  const missing = [...inputs, ...outputs].find((name) => !graph.has(name)) ?? '';
  throw new GraffitistError('interface-invalid', `No node named '${missing}' found in the graph.`, {
    about: missing,
    remedy: 'Check the name, or pick the node on the graph.',
  });
}
