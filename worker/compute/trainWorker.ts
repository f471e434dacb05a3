import { probabilitiesOf } from '../evaluate/softmax.ts';
import type { Backend } from '../execute/backend.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { type MeasuredPass, type StepGradients, TrainingStep } from '../train/trainingStep.ts';
import type { Targets } from '../train/types.ts';
import { type CallContext, Transferred } from './channel.ts';
import type { ComputeCalls, NetworkToTrain, PartOfBatch } from './messages.ts';
import { type OpenNetwork, openNetwork } from './openNetwork.ts';
import { openPortable } from './portableModel.ts';

/** The float network whose answers are the targets. */
interface Teacher {
  readonly network: OpenNetwork;
  readonly input: string;
  readonly output: string;
  readonly kind: 'probabilities' | 'logits';
}

/** A network that is trained, open from step to step: graph and constants are prepared once, variables come with every step. */
export class TrainWorker {
  readonly #network: NetworkToTrain;
  readonly #step: TrainingStep;
  readonly #teacher: Teacher | null;

  private constructor(network: NetworkToTrain, step: TrainingStep, teacher: Teacher | null) {
    this.#network = network;
    this.#step = step;
    this.#teacher = teacher;
  }

  /** @throws GraffitistError as the readers of graph and checkpoint do */
  static async open(network: NetworkToTrain, backend: Backend): Promise<TrainWorker> {
    const { model, logits, trained, given, regularization } = network;
    const { graph, variables } = await openPortable(model);
    const step = new TrainingStep({ model: { graph, variables }, backend, logits, trained, given, regularization });
    return new TrainWorker(network, step, network.teacher === null ? null : await openTeacher(network.teacher, backend));
  }

  /** Passes over some parts of a batch, one after another. @throws GraffitistError what stops a step; `cancelled` */
  async passes(args: ComputeCalls['trainPasses']['args'], context: CallContext): Promise<Transferred<readonly MeasuredPass[]>> {
    const { variables, batchNormFrozen, frozen } = args;
    await this.#step.begin({ variables, batchNormFrozen, frozen }, [this.#network.input]);
    const found: MeasuredPass[] = [];
    for (const part of args.parts) {
      const images = part.labels.length;
      const fed = makeTensor('float32', [images, ...this.#network.shape], part.values);
      found.push(
        await this.#step.pass({
          feeds: new Map([[this.#network.input, fed]]),
          targets: await this.#targets(part, fed),
          images: args.images,
          signal: context.signal,
        }),
      );
      context.progress(found.length);
    }
    return new Transferred(
      found,
      found.flatMap(({ slopes, logits }) => [logits, ...[...slopes.values()].map(({ values }) => values)]).map(({ buffer }) => buffer),
    );
  }

  /** Gradients by variable from the slopes of the whole batch. */
  async gradients({ slopes }: ComputeCalls['trainGradients']['args']): Promise<Transferred<StepGradients>> {
    const found = this.#step.end(slopes);
    return new Transferred(
      found,
      [found.gradients, found.regularizationGradients].flatMap((some) => [...some.values()].map(({ buffer }) => buffer)),
    );
  }

  dispose(): void {
    this.#step.dispose();
    this.#teacher?.network.dispose();
  }

  async #targets({ labels }: PartOfBatch, fed: ReturnType<typeof makeTensor>): Promise<Targets> {
    if (this.#teacher === null) return { kind: 'labels', labels };
    const { network, input, output, kind } = this.#teacher;
    const answers = (await network.runner.run(new Map([[input, fed]]))).get(output);
    const values = answers === undefined ? new Float32Array(0) : tensorNumbers(answers);
    return { kind: 'distributions', rows: Float32Array.from(probabilitiesOf(values, values.length / labels.length, kind)) };
  }
}

async function openTeacher({ model, input, output, kind }: NonNullable<NetworkToTrain['teacher']>, backend: Backend): Promise<Teacher> {
  return { network: await openNetwork({ model, input, outputs: [output] }, backend), input, output, kind };
}
