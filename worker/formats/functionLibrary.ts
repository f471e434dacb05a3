import { readNodeDef } from './graphDef.ts';
import type { NodeDef } from './nodeDef.ts';
import { LENGTH, utf8, WireError, WireReader } from './wire.ts';

/** A function of a graph's library, as far as inlining it needs. Inside, inputs are written `argument` or `node:output:index`. */
export interface FunctionDef {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeDef[];
  /** The tensor inside for each output. */
  readonly results: ReadonlyMap<string, string>;
  /** Nodes that have run when the function has returned. */
  readonly effects: readonly string[];
  /** Every argument and result is one tensor and no type depends on the caller. */
  readonly plain: boolean;
}

/** An output of an op: one tensor, or as many as an integer attribute says or a list attribute has entries. */
export interface OutputArg {
  readonly name: string;
  readonly countAttr: string | undefined;
  readonly listAttr: string | undefined;
}

const [OP_NAME, INPUT_ARG, OUTPUT_ARG, OP_ATTR] = [1, 2, 3, 4];
const [SIGNATURE, NODE, RESULT, EFFECT] = [1, 3, 4, 6];

/**
 * The functions in a FunctionDefLibrary message by name. Their nodes are views on its bytes.
 * @throws WireError
 */
export function readFunctionLibrary(bytes: Uint8Array): ReadonlyMap<string, FunctionDef> {
  const functions = new Map<string, FunctionDef>();
  for (const reader of messages(bytes, 1)) {
    const definition = readFunction(reader);
    functions.set(definition.name, definition);
  }
  return functions;
}

/** Outputs by op of an OpList message. @throws WireError */
export function readOpOutputs(bytes: Uint8Array): ReadonlyMap<string, readonly OutputArg[]> {
  const ops = new Map<string, readonly OutputArg[]>();
  for (const op of messages(bytes, 1)) {
    const { name, outputs } = readOpDef(op);
    ops.set(name, outputs);
  }
  return ops;
}

function readFunction(bytes: Uint8Array): FunctionDef {
  let signature: ReturnType<typeof readOpDef> | undefined;
  const nodes: NodeDef[] = [];
  const results = new Map<string, string>();
  const effects: string[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.wireType !== LENGTH) continue;
    if (reader.field === SIGNATURE) signature = readOpDef(reader.view());
    else if (reader.field === NODE) nodes.push(readNodeDef(reader.bytes, reader.from, reader.to));
    else if (reader.field === RESULT) results.set(...textEntry(reader.view()));
    else if (reader.field === EFFECT) effects.push(textEntry(reader.view())[1]);
  }
  if (signature === undefined) throw new WireError('a function has no signature', 0);
  const { name, inputs, outputs, generic } = signature;
  const single = ({ countAttr, listAttr }: OutputArg) => countAttr === undefined && listAttr === undefined;
  const plain = !generic && [...inputs, ...outputs].every(single);
  return { name, inputs: inputs.map((arg) => arg.name), outputs: outputs.map((arg) => arg.name), nodes, results, effects, plain };
}

function readOpDef(bytes: Uint8Array) {
  let name = '';
  let generic = false;
  const inputs: OutputArg[] = [];
  const outputs: OutputArg[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.wireType !== LENGTH) continue;
    if (reader.field === OP_NAME) name = text(reader);
    else if (reader.field === INPUT_ARG) inputs.push(readArg(reader.view()));
    else if (reader.field === OUTPUT_ARG) outputs.push(readArg(reader.view()));
    else if (reader.field === OP_ATTR) generic = true;
  }
  return { name, inputs, outputs, generic };
}

function readArg(bytes: Uint8Array): OutputArg {
  const fields = new Map<number, string>();
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.wireType === LENGTH && reader.field <= 6) fields.set(reader.field, text(reader));
  return { name: fields.get(1) ?? '', countAttr: fields.get(5), listAttr: fields.get(6) };
}

function textEntry(bytes: Uint8Array): [key: string, value: string] {
  const fields = new Map<number, string>();
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.wireType === LENGTH && reader.field <= 2) fields.set(reader.field, text(reader));
  return [fields.get(1) ?? '', fields.get(2) ?? ''];
}

function* messages(bytes: Uint8Array, field: number): Generator<Uint8Array> {
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.field === field && reader.wireType === LENGTH) yield reader.view();
}

function text(reader: WireReader): string {
  const value = utf8(reader.bytes, reader.from, reader.to);
  if (value === undefined) throw new WireError('a text of a function is not UTF-8', reader.from);
  return value;
}
