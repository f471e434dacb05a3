import { unescapeBytes } from './escapes.ts';

/** Reads the text form of protocol buffers token by token, straight from its bytes: weights in it may take hundreds of megabytes. */

/** What is wrong with a text, and where: line and column count from 1, the column in bytes. */
export class TextError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = 'TextError';
    this.line = line;
    this.column = column;
  }
}

export type TokenKind = 'name' | 'number' | 'string' | 'symbol' | 'end';

const [TAB, LF, VT, FF, CR, SPACE] = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20];
const [QUOTE, HASH, APOSTROPHE, PLUS, MINUS, DOT, BACKSLASH] = [0x22, 0x23, 0x27, 0x2b, 0x2d, 0x2e, 0x5c];

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;

/** Stands on one token; `advance` steps onto the next. */
export class Lexer {
  readonly #bytes: Uint8Array;
  kind: TokenKind = 'end';
  /** The token's bytes: quotes of a string included. */
  from = 0;
  to = 0;
  #line = 1;
  #lineStart = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.advance();
  }

  /** The token as written. */
  get text(): string {
    let text = '';
    for (let at = this.from; at < this.to; at++) text += String.fromCharCode(this.#bytes[at] ?? 0);
    return text;
  }

  /** Whether the token is this one-character symbol. */
  is(symbol: string): boolean {
    return this.kind === 'symbol' && this.#bytes[this.from] === symbol.charCodeAt(0);
  }

  /** A fault at the token. */
  error(message: string): TextError {
    return new TextError(message, this.#line, this.from - this.#lineStart + 1);
  }

  /** Steps onto the next token. @throws TextError where none can start or a string does not end */
  advance(): void {
    this.#skipSpace();
    const byte = this.#bytes[this.from];
    if (byte === undefined) this.#take('end', this.from);
    else if (isLetter(byte))
      this.#take(
        'name',
        this.#while(this.from, (b) => isLetter(b) || isDigit(b)),
      );
    else if (byte === QUOTE || byte === APOSTROPHE) this.#take('string', this.#stringEnd(byte));
    else if (isDigit(byte) || (byte === DOT && isDigit(this.#bytes[this.from + 1] ?? 0))) this.#take('number', this.#numberEnd());
    else if (byte > SPACE && byte < 0x7f) this.#take('symbol', this.from + 1);
    else throw this.error(`the byte 0x${byte.toString(16).padStart(2, '0')} has no place here`);
  }

  /** The bytes that a string token stands for. @throws TextError at an escape that is none */
  string(): Uint8Array {
    const raw = this.#bytes.subarray(this.from + 1, this.to - 1);
    if (!raw.includes(BACKSLASH)) return raw;
    return unescapeBytes(raw, (message) => this.error(message));
  }

  #take(kind: TokenKind, to: number): void {
    this.kind = kind;
    this.to = to;
  }

  #skipSpace(): void {
    let at = this.to;
    for (; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at];
      if (byte === HASH) at = this.#while(at, (b) => b !== LF);
      if (this.#bytes[at] === LF) {
        this.#line++;
        this.#lineStart = at + 1;
      } else if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== VT && byte !== FF) break;
    }
    this.from = at;
  }

  #while(from: number, test: (byte: number) => boolean): number {
    let at = from;
    while (at < this.#bytes.length && test(this.#bytes[at] ?? 0)) at++;
    return at;
  }

  #stringEnd(quote: number): number {
    for (let at = this.from + 1; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at];
      if (byte === quote) return at + 1;
      if (byte === BACKSLASH) at++;
      if (this.#bytes[at] === LF) break;
    }
    throw this.error('a string does not end on its line');
  }

  /** Digits, letters and dots; a sign directly behind an exponent's letter belongs to the number, too. */
  #numberEnd(): number {
    const hex = this.#bytes[this.from] === 0x30 && ((this.#bytes[this.from + 1] ?? 0) | 0x20) === 0x78;
    let at = this.from;
    for (; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at] ?? 0;
      const signed = !hex && (byte === PLUS || byte === MINUS) && ((this.#bytes[at - 1] ?? 0) | 0x20) === 0x65;
      if (!isDigit(byte) && !isLetter(byte) && byte !== DOT && !signed) break;
    }
    return at;
  }
}
