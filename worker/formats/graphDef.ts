import { GraffitistError } from '../errors.ts';
import { joinBytes, plainBytes } from './bytes.ts';
import type { NodeDef } from './nodeDef.ts';
import { tensorflow } from './proto/generated/messages.js';
import { LENGTH, lengthPrefix, utf8, VARINT, WireError, WireReader } from './wire.ts';

/** A GraphDef message taken apart; every byte array is a view on the file's bytes. */
export interface GraphDefParts {
  readonly nodes: readonly NodeDef[];
  /** The top-level fields that are no node (versions, function library, unknown ones), tag and length included. */
  readonly rest: readonly Uint8Array[];
}

const NODE = 1;
const LIBRARY = 2;
const VERSION = 3;
const VERSIONS = 4;
/** Fields of a node, and of an entry of its attributes. */
const ATTR = 5;
const KEY = 1;
const VALUE = 2;
/** Fields of an AttrValue and of a TensorProto. */
const TENSOR = 8;
const TENSOR_CONTENT = 4;

/**
 * Indexes the nodes of a GraphDef message: name, op, inputs and device. Attributes are found when someone asks for them.
 *
 * @throws WireError where the bytes are no GraphDef, with the offset in `bytes`; GraffitistError `graph-duplicate-name`
 */
export function readGraphDef(bytes: Uint8Array): GraphDefParts {
  const nodes: NodeDef[] = [];
  const rest: Uint8Array[] = [];
  const names = new Set<string>();
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== NODE) {
      checkRest(reader);
      rest.push(reader.raw());
      continue;
    }
    if (reader.wireType !== LENGTH) throw new WireError('a node is not a message', reader.start);
    const node = readNodeDef(bytes, reader.from, reader.to);
    // Refused here already, so that no list is built of a file that repeats one node millions of times.
    if (names.has(node.name)) {
      throw new GraffitistError('graph-duplicate-name', `Duplicate node names detected for '${node.name}'.`, {
        about: node.name,
        remedy: 'Rename one of the two nodes.',
      });
    }
    names.add(node.name);
    nodes.push(node);
  }
  return { nodes, rest };
}

/** The chunks of a GraphDef message with these parts: nodes first, those with `raw` bytes copied from them. */
export function writeGraphDef({ nodes, rest }: GraphDefParts): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (const node of nodes) {
    const body = node.raw === undefined ? nodeChunks(node) : [node.raw];
    chunks.push(lengthPrefix(NODE, lengthOf(body)), ...body);
  }
  return [...chunks, ...rest];
}

/**
 * `writeGraphDef` where the contents of some constants are elsewhere: their nodes' `value` has a type and a shape and no elements, which
 * `contents` holds by node name. They become part of the file without being read.
 */
export function writeGraphDefWith(contents: ReadonlyMap<string, Blob>, { nodes, rest }: GraphDefParts): (Uint8Array | Blob)[] {
  const chunks: (Uint8Array | Blob)[] = [];
  for (const node of nodes) {
    const content = contents.get(node.name);
    if (content === undefined) {
      chunks.push(...writeGraphDef({ nodes: [node], rest: [] }));
      continue;
    }
    const head = constantHead(node, content.size);
    chunks.push(lengthPrefix(NODE, head.length + content.size), head, content);
  }
  return [...chunks, ...rest];
}

/** The NodeDef message of a constant up to the bytes of its elements, which end it. */
function constantHead({ name, op, inputs, device, attrs }: NodeDef, size: number): Uint8Array {
  const before = encodeNodeDef({ name, op, inputs, device, attrs: new Map([...attrs].filter(([key]) => key !== 'value')), raw: undefined });
  const reader = new WireReader(attrs.get('value') ?? new Uint8Array(0));
  reader.next();
  const key = new TextEncoder().encode('value');
  // From the inside out: each message's length counts what follows in it.
  let head = joinBytes([reader.view(), lengthPrefix(TENSOR_CONTENT, size)]);
  head = joinBytes([lengthPrefix(TENSOR, head.length + size), head]);
  head = joinBytes([lengthPrefix(KEY, key.length), key, lengthPrefix(VALUE, head.length + size), head]);
  return joinBytes([before, lengthPrefix(ATTR, head.length + size), head]);
}

/** The version numbers that TensorFlow 1.14 gives a graph: what a graph made here declares. */
export function versionsField(producer = 27): Uint8Array {
  const body = plainBytes(tensorflow.VersionDef.encode({ producer }).finish());
  return joinBytes([lengthPrefix(VERSIONS, body.length), body]);
}

/** From this size on an attribute's bytes are not copied into the message that holds them. */
const LARGE_ATTR = 2 ** 16;

/** The chunks of a NodeDef message: the bytes of `encodeNodeDef`, with large tensors where they lie. */
function nodeChunks(node: NodeDef): Uint8Array[] {
  const attrs = [...node.attrs];
  if (attrs.every(([, value]) => value.length < LARGE_ATTR)) return [encodeNodeDef(node)];
  const { name: nodeName, op, inputs, device } = node;
  const chunks = [encodeNodeDef({ name: nodeName, op, inputs, device, attrs: new Map(), raw: undefined })];
  for (const [name, value] of attrs) {
    const key = new TextEncoder().encode(name);
    const head = joinBytes([lengthPrefix(KEY, key.length), key, lengthPrefix(VALUE, value.length)]);
    chunks.push(joinBytes([lengthPrefix(ATTR, head.length + value.length), head]), value);
  }
  return chunks;
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** A NodeDef message. */
export function encodeNodeDef(node: NodeDef): Uint8Array {
  const attr = [...node.attrs].map(([key, value]) => ({ key, value }));
  const { name, op, device } = node;
  return plainBytes(tensorflow.NodeDef.encode({ name, op, input: [...node.inputs], ...(device === '' ? {} : { device }), attr }).finish());
}

function checkRest(reader: WireReader): void {
  const { field, wireType, start } = reader;
  const fits = field === LIBRARY || field === VERSIONS ? wireType === LENGTH : field !== VERSION || wireType === VARINT;
  if (!fits) throw new WireError('a field of the graph has the wrong type', start);
}

/** The NodeDef message between two offsets of `bytes`. @throws WireError */
export function readNodeDef(bytes: Uint8Array, from: number, to: number): NodeDef {
  let name = '';
  let op = '';
  let device = '';
  const inputs: string[] = [];
  const reader = new WireReader(bytes, from, to);
  while (nextInside(reader)) {
    if (reader.field > 5) continue;
    if (reader.wireType !== LENGTH) throw new WireError('a field of a node has the wrong type', reader.start);
    if (reader.field === 1) name = textOf(reader);
    else if (reader.field === 2) op = textOf(reader);
    else if (reader.field === 3) inputs.push(textOf(reader));
    else if (reader.field === 4) device = textOf(reader);
  }
  if (name === '' || op === '') throw new WireError(`a node has no ${name === '' ? 'name' : 'op'}`, from);
  if (name.includes(':') || name.startsWith('^')) throw new WireError(`'${name}' is not a name that a node can have`, from);
  return new FileNode(name, op, inputs, device, bytes.subarray(from, to));
}

/** Inside a message of known length, what is too long is malformed; only the file itself can be cut. */
function nextInside(reader: WireReader): boolean {
  try {
    return reader.next();
  } catch (error) {
    if (error instanceof WireError && error.truncated) throw new WireError(error.message, error.offset);
    throw error;
  }
}

function textOf(reader: WireReader): string {
  const text = utf8(reader.bytes, reader.from, reader.to);
  if (text === undefined) throw new WireError('a text of a node is not UTF-8', reader.from);
  return text;
}

/** A node in a file: its attributes are looked up in its bytes on first use. */
class FileNode implements NodeDef {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly device: string;
  readonly raw: Uint8Array;
  #attrs: ReadonlyMap<string, Uint8Array> | undefined;

  constructor(name: string, op: string, inputs: readonly string[], device: string, raw: Uint8Array) {
    this.name = name;
    this.op = op;
    this.inputs = inputs;
    this.device = device;
    this.raw = raw;
  }

  get attrs(): ReadonlyMap<string, Uint8Array> {
    this.#attrs ??= readAttrs(this.raw, this.name);
    return this.#attrs;
  }
}

const EMPTY = new Uint8Array(0);

function readAttrs(raw: Uint8Array, node: string): ReadonlyMap<string, Uint8Array> {
  const attrs = new Map<string, Uint8Array>();
  try {
    const reader = new WireReader(raw);
    while (reader.next()) {
      if (reader.field !== 5) continue;
      const entry = new WireReader(raw, reader.from, reader.to);
      let key = '';
      let value: Uint8Array = EMPTY;
      while (entry.next()) {
        if (entry.wireType !== LENGTH) continue;
        if (entry.field === 1) key = textOf(entry);
        else if (entry.field === 2) value = entry.view();
      }
      attrs.set(key, value);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new GraffitistError('node-malformed', `The attributes of node '${node}' cannot be read: ${error.message}.`, { about: node });
  }
  return attrs;
}
