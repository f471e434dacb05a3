import type { Shape } from '../formats/tensor.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { NodeAttrs } from './attrs.ts';
import type { HostValue } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';

/**
 * What an input slot holds.
 * - `tensor`: computed on the backend;
 * - `list`: the slots left over by the others, any number of tensors (at most one per op);
 * - `numbers`, `number`: a short vector or a scalar that must be known before the node runs (an axis, a shape, a quantizer's scale)
 *   and therefore never lives on the backend.
 */
export type InputKind = 'tensor' | 'list' | 'numbers' | 'number';
type Inputs = Readonly<Record<string, InputKind>>;

/** Input values by name as `forward` gets them. */
type ForwardInputs<I extends Inputs> = {
  readonly [K in keyof I]: I[K] extends 'tensor'
    ? Value
    : I[K] extends 'list'
      ? readonly Value[]
      : I[K] extends 'number'
        ? number
        : readonly number[];
};
/** Input shapes by name, and what is known of the numbers. */
type ShapeInputs<I extends Inputs> = {
  readonly [K in keyof I]: I[K] extends 'tensor'
    ? Shape
    : I[K] extends 'list'
      ? readonly Shape[]
      : I[K] extends 'number'
        ? number | null
        : readonly (number | null)[] | null;
};
/** Small numbers followed through the graph by name. */
type FoldInputs<I extends Inputs> = {
  readonly [K in keyof I]: I[K] extends 'list' ? readonly (HostValue | undefined)[] : HostValue | undefined;
};

/** The derivative by an input; a function where it is worked out only if somebody wants it. */
type Slope = Value | (() => Value);
/** Derivatives by input. An input that is left out has no influence on the outputs; a number's derivative is a scalar. */
type Slopes<I extends Inputs> = {
  readonly [K in keyof I]?: I[K] extends 'numbers' ? never : I[K] extends 'list' ? readonly Slope[] : Slope;
};

/** What a gradient starts from: `d` of a value is the derivative of the loss by it. */
export interface Upstream {
  /** By the first output. */
  readonly dy: Value;
  /** By every output; undefined where the loss does not depend on it. */
  readonly dys: readonly (Value | undefined)[];
  /** The first output itself: its elements only where `keeps` lists `output`, else no more than its shape. */
  readonly y: Value;
  /** Every output; the elements of those behind the first where `keeps` lists `further`. */
  readonly ys: readonly Value[];
}

/** What a shape rule may ask about beside input shapes and attributes. */
export interface ShapeContext {
  /** The node behind a data input. */
  producer(slot: number): GraphNode | undefined;
}

/** One op, declared once: input names in slot order, shape rule, kernel, gradient. */
export interface OpSpec<I extends Inputs> {
  readonly inputs: I;
  /** Shape of each output. @throws GraffitistError `shape-mismatch`, `op-unsupported` naming the node. */
  readonly shape: (inputs: ShapeInputs<I>, attrs: NodeAttrs, context: ShapeContext) => Shape | Outputs<Shape>;
  /** The op in kernels. Absent: the op can be drawn and rewritten, not executed. */
  readonly forward?: (inputs: ForwardInputs<I>, k: Kernels, attrs: NodeAttrs) => Value | Outputs<Value>;
  /**
   * Derivatives by the inputs from those by the outputs, in kernels. `none`: the outputs do not change with the inputs (shapes,
   * comparisons), or are declared not to (StopGradient). Absent: nothing can be trained through the op.
   */
  readonly gradient?: ((inputs: ForwardInputs<I>, upstream: Upstream, k: Kernels, attrs: NodeAttrs) => Slopes<I>) | 'none' | undefined;
  /**
   * Tensors whose elements `gradient` reads: inputs by name, `output` for the first output, `further` for all behind it. Of the others it
   * is given the shape and type alone.
   */
  readonly keeps?: readonly (Extract<keyof I, string> | 'output' | 'further')[];
  /** Small numbers the outputs hold, where they follow from numbers or shapes of the inputs. */
  readonly fold?: (
    inputs: FoldInputs<I>,
    shapes: ShapeInputs<I>,
    attrs: NodeAttrs,
  ) => HostValue | Outputs<HostValue | undefined> | undefined;
  /** Where a value comes from that no input gives. `random`: another one each time, so never a constant. */
  readonly source?: 'constant' | 'variable' | 'placeholder' | 'random';
}

/** Several outputs, by port. */
export class Outputs<T> {
  readonly ports: readonly T[];
  constructor(...ports: readonly T[]) {
    this.ports = ports;
  }
}

/** An op as the rest of the engine sees it: inputs by slot, outputs by port. */
export interface Op {
  readonly name: string;
  readonly source: OpSpec<Inputs>['source'];
  readonly executable: boolean;
  /** Whether it has a gradient; `none` where its outputs do not change with its inputs. */
  readonly differentiable: boolean | 'none';
  /** Whether the gradient reads the elements of an output. */
  keepsOutput(port: number): boolean;
  /** Slots of `count` whose elements the gradient reads. */
  keptSlots(count: number, attrs: NodeAttrs): readonly number[];
  /** What each of `count` slots holds. */
  kinds(count: number): readonly InputKind[];
  shape(inputs: readonly Shape[], numbers: readonly (HostValue | undefined)[], attrs: NodeAttrs, context: ShapeContext): readonly Shape[];
  fold(shapes: readonly Shape[], numbers: readonly (HostValue | undefined)[], attrs: NodeAttrs): readonly (HostValue | undefined)[];
  /** `values[i]` for tensor slots, `numbers[i]` for number slots. */
  forward(
    values: readonly (Value | undefined)[],
    numbers: readonly (readonly number[] | undefined)[],
    k: Kernels,
    attrs: NodeAttrs,
  ): readonly Value[];
  /**
   * Derivatives by the slots of `wanted`, from those by the outputs; undefined where the slot has no influence. `values` and `numbers`
   * as for `forward`; what `keptSlots` does not list needs only a shape.
   */
  gradient(given: GradientInputs, k: Kernels, attrs: NodeAttrs): readonly (Value | undefined)[];
}

/** What `Op.gradient` works on. */
export interface GradientInputs {
  readonly values: readonly (Value | undefined)[];
  readonly numbers: readonly (readonly number[] | undefined)[];
  readonly upstream: Upstream;
  readonly wanted: ReadonlySet<number>;
}

/** Declares an op. */
export function op<const I extends Inputs>(name: string, spec: OpSpec<I>): Op {
  const names = Object.keys(spec.inputs);
  const layout = layoutOf(names, spec.inputs);
  const gather = (count: number, attrs: NodeAttrs, pick: (slot: number, kind: InputKind) => unknown): Record<string, unknown> => {
    const slots = layout(count, attrs);
    const result: Record<string, unknown> = {};
    for (const [input, at] of slots) {
      const kind = spec.inputs[input] ?? 'tensor';
      result[input] = kind === 'list' ? at.map((slot) => pick(slot, kind)) : pick(at[0] ?? 0, kind);
    }
    return result;
  };
  const shapeInputs = (shapes: readonly Shape[], numbers: readonly (HostValue | undefined)[], attrs: NodeAttrs) =>
    gather(shapes.length, attrs, (slot, kind) => {
      if (kind === 'tensor' || kind === 'list') return shapes[slot] ?? null;
      const values = numbers[slot]?.values ?? null;
      return kind === 'number' ? (values?.[0] ?? null) : values;
    }) as ShapeInputs<I>;
  const forwardInputs = (
    values: readonly (Value | undefined)[],
    numbers: readonly (readonly number[] | undefined)[],
    attrs: NodeAttrs,
  ): ForwardInputs<I> =>
    gather(values.length, attrs, (slot, kind) => {
      if (kind === 'tensor' || kind === 'list') return values[slot];
      return kind === 'number' ? numbers[slot]?.[0] : numbers[slot];
    }) as ForwardInputs<I>;
  return {
    name,
    source: spec.source,
    executable: spec.forward !== undefined,
    differentiable: spec.gradient === 'none' ? 'none' : spec.gradient !== undefined,
    keepsOutput: (port) => spec.keeps?.includes(port === 0 ? 'output' : 'further') === true,
    keptSlots(count, attrs) {
      return layout(count, attrs).flatMap(([input, at]) => (spec.keeps?.some((kept) => kept === input) ? at : []));
    },
    kinds(count) {
      const fixed = names.length - 1;
      return names.flatMap((input) => {
        const kind = spec.inputs[input] ?? 'tensor';
        return kind === 'list' ? Array.from({ length: Math.max(0, count - fixed) }, () => kind) : [kind];
      });
    },
    shape(shapes, numbers, attrs, context) {
      const result = spec.shape(shapeInputs(shapes, numbers, attrs), attrs, context);
      return result instanceof Outputs ? result.ports : [result];
    },
    fold(shapes, numbers, attrs) {
      if (spec.fold === undefined) return [];
      const folded = gather(shapes.length, attrs, (slot) => numbers[slot]) as FoldInputs<I>;
      const result = spec.fold(folded, shapeInputs(shapes, numbers, attrs), attrs);
      return result instanceof Outputs ? result.ports : [result];
    },
    forward(values, numbers, k, attrs) {
      if (spec.forward === undefined)
        throw attrs.unsupported('this op cannot be executed.', 'Remove the node, for example with strip_unused_nodes.');
      const result = spec.forward(forwardInputs(values, numbers, attrs), k, attrs);
      return result instanceof Outputs ? result.ports : [result];
    },
    gradient({ values, numbers, upstream, wanted }, k, attrs) {
      if (typeof spec.gradient !== 'function') throw attrs.notDifferentiable();
      const slopes: Readonly<Record<string, unknown>> = spec.gradient(forwardInputs(values, numbers, attrs), upstream, k, attrs);
      const results: (Value | undefined)[] = [];
      for (const [input, at] of layout(values.length, attrs)) {
        const found = slopes[input] as Slope | readonly (Slope | undefined)[] | undefined;
        for (const [i, slot] of at.entries()) {
          const slope = spec.inputs[input] === 'list' ? (found as readonly Slope[] | undefined)?.[i] : (found as Slope | undefined);
          if (wanted.has(slot) && slope !== undefined) results[slot] = typeof slope === 'function' ? slope() : slope;
        }
      }
      return results;
    },
  };
}

/** Which slots each named input takes when a node has `count` data inputs. */
function layoutOf(
  names: readonly string[],
  inputs: Inputs,
): (count: number, attrs: NodeAttrs) => readonly (readonly [string, readonly number[]])[] {
  const variadic = names.some((name) => inputs[name] === 'list');
  const byCount = new Map<number, readonly (readonly [string, readonly number[]])[]>();
  return (count, attrs) => {
    const found = byCount.get(count);
    if (found !== undefined) return found;
    if (variadic ? count < names.length : count !== names.length) {
      throw attrs.malformed(`has ${count} data inputs where ${variadic ? 'at least ' : ''}${names.length} belong (${names.join(', ')}).`);
    }
    let next = 0;
    const slots = names.map((name) => {
      const taken = inputs[name] === 'list' ? count - (names.length - 1) : 1;
      const at = Array.from({ length: taken }, () => next++);
      return [name, at] as const;
    });
    byCount.set(count, slots);
    return slots;
  };
}
