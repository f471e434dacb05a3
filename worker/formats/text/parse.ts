import { FIXED32, FIXED64, LENGTH, VARINT } from '../wire.ts';
import { ByteBuffer } from './byteBuffer.ts';
import { Lexer } from './lexer.ts';
import { floatValue, integerValue } from './numbers.ts';
import { type Field, type Message, messageNamed } from './schema.ts';

/** As deep as TensorFlow's own readers go. */
const DEEPEST = 100;

/**
 * The wire form of a message given as text. Read is what TensorFlow's text_format prints and accepts: either kind of quotes and brackets,
 * escapes, strings in parts, lists, separators, comments, names and numbers of enumerations.
 *
 * @param messageName name of the message: `GraphDef`, `MetaGraphDef`, `SavedModel`
 * @throws TextError with line and column
 */
export function parseText(text: Uint8Array, messageName: string): Uint8Array {
  const parser = new Parser(text);
  parser.fields(messageNamed(messageName), 'end', 0);
  return parser.out.view();
}

class Parser {
  readonly out = new ByteBuffer();
  readonly #lexer: Lexer;

  constructor(text: Uint8Array) {
    this.#lexer = new Lexer(text);
  }

  /** Fields up to the closing bracket, or to the end of the text; stops on it. */
  fields(message: Message, close: '}' | '>' | 'end', depth: number): void {
    const lexer = this.#lexer;
    if (depth > DEEPEST) throw lexer.error('messages are nested too deeply');
    while (close === 'end' ? lexer.kind !== 'end' : !lexer.is(close)) {
      if (lexer.kind !== 'name')
        throw lexer.error(`expected a field of ${message.name}${close === 'end' ? '' : ` or '${close}'`}, ${this.#found()}`);
      const name = lexer.text;
      const field = message.byName.get(name);
      if (field === undefined) throw lexer.error(`${message.name} has no field '${name}'`);
      lexer.advance();
      this.#values(field, depth);
      if (lexer.is(',') || lexer.is(';')) lexer.advance();
    }
  }

  #values(field: Field, depth: number): void {
    const lexer = this.#lexer;
    const colon = lexer.is(':');
    if (colon) lexer.advance();
    else if (field.type.kind !== 'message') throw lexer.error(`expected ':' after '${field.name}', ${this.#found()}`);
    if (!lexer.is('[')) {
      this.#value(field, depth);
      return;
    }
    if (!field.repeated) throw lexer.error(`'${field.name}' takes one value, not a list`);
    lexer.advance();
    while (!lexer.is(']')) {
      this.#value(field, depth);
      if (lexer.is(']')) break;
      if (!lexer.is(',')) throw lexer.error(`expected ',' or ']' in the list of '${field.name}', ${this.#found()}`);
      lexer.advance();
      if (lexer.is(']')) throw lexer.error(`expected a value behind the ','`);
    }
    lexer.advance();
  }

  #value(field: Field, depth: number): void {
    const { type } = field;
    if (type.kind === 'message') this.#message(field, type.message(), depth);
    else if (type.kind === 'enum') this.#enum(field, type);
    else this.#scalar(field, type.scalar);
  }

  #message(field: Field, message: Message, depth: number): void {
    const lexer = this.#lexer;
    const close = lexer.is('{') ? '}' : lexer.is('<') ? '>' : undefined;
    if (close === undefined) throw lexer.error(`expected '{' after '${field.name}', ${this.#found()}`);
    lexer.advance();
    this.out.tag(field.number, LENGTH);
    const start = this.out.length;
    this.fields(message, close, depth + 1);
    this.out.insertLength(start);
    lexer.advance();
  }

  #enum(field: Field, { values }: Extract<Field['type'], { kind: 'enum' }>): void {
    const lexer = this.#lexer;
    let number = lexer.kind === 'name' ? values.numbers.get(lexer.text) : undefined;
    if (number !== undefined) lexer.advance();
    else if (lexer.kind === 'name') throw lexer.error(`'${lexer.text}' is no ${values.name}`);
    else number = Number(integerValue(lexer, 'int32'));
    this.out.tag(field.number, VARINT);
    this.out.varint(BigInt(number));
  }

  #scalar(field: Field, scalar: Extract<Field['type'], { kind: 'scalar' }>['scalar']): void {
    switch (scalar) {
      case 'string':
      case 'bytes':
        this.#string(field);
        break;
      case 'float':
      case 'double': {
        const value = floatValue(this.#lexer);
        const view = new DataView(new ArrayBuffer(scalar === 'float' ? 4 : 8));
        if (scalar === 'float') view.setFloat32(0, value, true);
        else view.setFloat64(0, value, true);
        this.out.tag(field.number, scalar === 'float' ? FIXED32 : FIXED64);
        this.out.bytes(new Uint8Array(view.buffer));
        break;
      }
      case 'bool':
        this.out.tag(field.number, VARINT);
        this.out.byte(this.#bool());
        break;
      default:
        this.out.tag(field.number, VARINT);
        this.out.varint(integerValue(this.#lexer, scalar));
    }
  }

  /** Strings that stand side by side are one. */
  #string(field: Field): void {
    const lexer = this.#lexer;
    if (lexer.kind !== 'string') throw lexer.error(`expected a string for '${field.name}', ${this.#found()}`);
    this.out.tag(field.number, LENGTH);
    const start = this.out.length;
    for (; lexer.kind === 'string'; lexer.advance()) this.out.bytes(lexer.string());
    this.out.insertLength(start);
  }

  #bool(): 0 | 1 {
    const lexer = this.#lexer;
    const { text } = lexer;
    const yes = text === 'true' || text === 'True' || text === 't' || text === '1';
    if (!yes && text !== 'false' && text !== 'False' && text !== 'f' && text !== '0')
      throw lexer.error(`expected true or false, ${this.#found()}`);
    lexer.advance();
    return yes ? 1 : 0;
  }

  #found(): string {
    const { kind, text } = this.#lexer;
    if (kind === 'end') return 'found the end of the text';
    return `found ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
  }
}
