import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { TextError } from '../../../worker/formats/text/lexer.ts';
import { floatText, numberText } from '../../../worker/formats/text/numbers.ts';
import { parseText } from '../../../worker/formats/text/parse.ts';
import { printText } from '../../../worker/formats/text/print.ts';
import { diffGraphs } from '../../../worker/graph/diff.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes, graphText, openGraph } from '../../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../../shared.ts';
import { bytesOfFile, sharedFiles } from './sharedFiles.ts';

/** Older versions of Python's protobuf print a float32 as the float64 that it equals. */
const shortFloats = (text: string): string =>
  text.replaceAll(
    /^( +(?:float_val|f): )(-?[\d.e+-]+)$/gm,
    (_, field: string, value: string) => field + floatText(Math.fround(Number(value))),
  );

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const wire = (text: string, message = 'GraphDef'): string => Buffer.from(parseText(utf8(text), message)).toString('hex');

function fault(text: string, message = 'GraphDef'): string {
  try {
    parseText(utf8(text), message);
  } catch (error) {
    if (error instanceof TextError) return `${error.line}:${error.column} ${error.message}`;
    throw error;
  }
  throw new Error('the text was read');
}

describe('text form: what is read', () => {
  const plain = wire('node { name: "ab" op: "X" input: "c" input: "d" }');

  it.each([
    ['single quotes, other brackets, a colon before them', `node: < name: 'ab' op: 'X' input: 'c' input: 'd' >`],
    ['separators and comments', `# first\nnode { name: "ab", op: "X"; # here\n input: "c" input: "d"; };`],
    ['strings in parts', `node { name: "a" 'b'\n op: "" "X" input: "c" input: "d" }`],
    ['lists', `node [ { name: "ab" op: "X" input: ["c", "d"] } ]`],
    ['octal and hex escapes', String.raw`node { name: "\141\x62" op: "\u0058" input: "\x63" input: "\U00000064" }`],
  ])('%s', (_, text) => {
    expect(wire(text)).toBe(plain);
  });

  it.each([
    [String.raw`s: "\a\b\f\n\r\t\v\\\'\"\?\0\377\xfg"`, '1214 07080c0a0d090b5c27223f00ff0f67'],
    ['i: -1', '18 ffffffffffffffffff01'],
    ['i: 0x7fffffffffffffff', '18 ffffffffffffffff7f'],
    ['i: - 010', '18 f8ffffffffffffffff01'],
    ['f: 1', '25 0000803f'],
    ['f: .5', '25 0000003f'],
    ['f: -1.5e2f', '25 000016c3'],
    ['f: inf', '25 0000807f'],
    ['f: -Infinity', '25 000080ff'],
    ['f: nan', '25 0000c07f'],
    ['f: 1e60', '25 0000807f'],
    ['b: true', '2801'],
    ['b: False', '2800'],
    ['b: t', '2801'],
    ['type: DT_BFLOAT16', '300e'],
    ['type: 14', '300e'],
    ['type: DT_FLOAT_REF', '3065'],
    ['shape { unknown_rank: 1 }', '3a02 1801'],
    ['list { }', '0a00'],
    ['list { i: [] }', '0a00'],
    ['list { i: [1, 2] i: 3 }', '0a06 180118021803'],
    ['func { name: "f" attr { key: "T" value { type: 1 } } }', '520f 0a0166 120a 0a0154 1205 30 01'],
  ])('an attribute %s', (text, bytes) => {
    const expected = bytes.replaceAll(' ', '');
    // Lengths in the rows above are those of the fields behind them.
    const got = wire(text, 'AttrValue');
    if (text.startsWith('s:')) expect(got).toBe(`12${(expected.length / 2 - 2).toString(16).padStart(2, '0')}${expected.slice(4)}`);
    else if (text.startsWith('func')) expect(got).toBe('520c0a01661207 0a0154 1202 3001'.replaceAll(' ', ''));
    else expect(got).toBe(expected);
  });
});

describe('text form: what is refused, with line and column', () => {
  it.each([
    ['node {\n  nam: "a"\n}', "2:3 NodeDef has no field 'nam'"],
    ['node {\n  name "a"\n}', "2:8 expected ':' after 'name', found \"a\""],
    ['node {\n  name: a\n}', "2:9 expected a string for 'name', found a"],
    ['node {\n  name: "a', '2:9 a string does not end on its line'],
    ['node {\n  name: "a\\q"', "2:9 '\\q' is no escape"],
    ['node {\n  name: "\\777"', '2:9 the escape \\777 is no byte'],
    ['node {\n', "2:1 expected a field of NodeDef or '}', found the end of the text"],
    ['node { name: "a" >', "1:18 expected a field of NodeDef or '}', found >"],
    ['versions { producer: 3000000000 }', '1:22 3000000000 does not fit into int32'],
    ['versions { producer: 1.5 }', '1:22 expected an integer, found 1.5'],
    ['versions { producer: 09 }', '1:22 expected an integer, found 09'],
    ['node { attr { key: "T" value { type: DT_FLAOT } } }', "1:38 'DT_FLAOT' is no DataType"],
    ['node { attr { key: "T" value { b: maybe } } }', '1:35 expected true or false, found maybe'],
    ['node { name: ["a"] }', "1:14 'name' takes one value, not a list"],
    ['node { input: ["a" "b"; "c"] }', "1:23 expected ',' or ']' in the list of 'input', found ;"],
    ['node { input: ["a",] }', "1:20 expected a value behind the ','"],
    ['node { name: "a" } \u00e9', '1:20 the byte 0xc3 has no place here'],
  ])('%s', (text, expected) => {
    expect(fault(text)).toBe(expected);
  });

  it('nesting without end', () => {
    const deep = 'func { attr { key: "f" value { '.repeat(5000);
    expect(fault(deep, 'AttrValue')).toMatch(/nested too deeply/);
  });

  it('a file says it with its name', () => {
    expect(() => openGraph(utf8('node {\n  nam: "a"\n}'), 'my.pbtxt')).toThrow(
      expect.objectContaining({
        code: 'text-malformed',
        about: 'my.pbtxt',
        message: "Line 2, column 3 cannot be read: NodeDef has no field 'nam'.",
      }),
    );
    expect(() => openGraph(utf8('nodes { }'), 'my.pbtxt')).toThrow(expect.objectContaining({ code: 'text-malformed' }));
  });
});

describe('text form: what is printed', () => {
  it.each([
    [0.1, '0.1'],
    [Math.fround(0.1), '0.10000000149011612'],
    [1, '1.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-0, '-0.0'],
    [1e300, '1e+300'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('%f as Python does', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it.each([
    [0.1, '0.1'],
    [-0.24618297815322876, '-0.24618298'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1e-45, '1.4013e-45'],
    [-0, '-0.0'],
  ])('the float32 %f', (value, text) => {
    expect(floatText(Math.fround(value))).toBe(text);
  });

  it('any attribute comes back in the same bytes', () => {
    const leaf = fc.oneof(
      fc.uint8Array({ maxLength: 9 }).map((s) => `s: "${[...s].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((i) => `i: ${i}`),
      fc.float().map((f) => `f: ${numberText(f)}`),
      fc.boolean().map((b) => `b: ${b}`),
      fc.nat(40).map((type) => `type: ${type}`),
      fc.array(fc.integer({ min: -1, max: 9 })).map((sizes) => `shape { ${sizes.map((size) => `dim { size: ${size} }`).join(' ')} }`),
      fc.array(fc.double()).map((values) => `tensor { dtype: DT_DOUBLE double_val: [${values.map(numberText).join(', ')}] }`),
    );
    fc.assert(
      fc.property(leaf, (text) => {
        const bytes = parseText(utf8(text), 'AttrValue');
        expect(parseText(printText(bytes, 'AttrValue'), 'AttrValue')).toEqual(bytes);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it('map entries are sorted, and lists may be packed', () => {
    const packed = Uint8Array.from([0x0a, 0x05, 0x1a, 0x03, 0x01, 0x96, 0x01]);
    expect(Buffer.from(printText(packed, 'AttrValue')).toString()).toBe('list {\n  i: 1\n  i: 150\n}\n');
    const unsorted = parseText(utf8('attr { key: "b" value { i: 1 } } attr { key: "a" value { i: 2 } }'), 'NodeDef');
    expect(Buffer.from(printText(unsorted, 'NodeDef')).toString()).toMatch(/"a".*"b"/s);
  });
});

describeShared('text form of the reference graphs', () => {
  const texts = sharedFiles('.pbtxt');

  it.each(texts)('%s opens to the graph of its .pb, and is printed as TensorFlow printed it', (file) => {
    const text = new Uint8Array(readFileSync(file));
    const opened = openGraph(text, file);
    expect(Buffer.from(joinBytes(graphText(opened))).toString()).toBe(shortFloats(Buffer.from(text).toString()));
    const binary = file.replace(/\.pbtxt$/, '.pb');
    if (file.includes('nets')) expect(diffGraphs(openGraph(bytesOfFile(binary), binary), opened)).toEqual([]);
    expect(diffGraphs(openGraph(joinBytes(graphBytes(opened)), 'again'), opened)).toEqual([]);
  });

  it('1,500 mutations end in a graph or a typed error', () => {
    const text = bytesOfFile(shared('cases/micro/opts__pbtxt/in.pbtxt'));
    let opened = 0;
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(40), fc.string({ maxLength: 3 }), (at, cut, extra) => {
        const bytes = joinBytes([text.subarray(0, at), utf8(extra), text.subarray(Math.min(text.length, at + cut))]);
        try {
          openGraph(bytes, 'damaged.pbtxt');
          opened++;
        } catch (error) {
          if (!(error instanceof GraffitistError)) throw error;
        }
      }),
      { numRuns: 1500, seed: 5 },
    );
    expect(opened).toBeGreaterThan(10);
  });
});

describe('a graph with an attribute that cannot be read', () => {
  // What nobody read stays as it is in a binary file; a text needs it.
  const node = { name: 'n', op: 'NoOp', inputs: [], device: '', attrs: new Map([['T', Uint8Array.of(0x32, 9, 1)]]), raw: undefined };

  it('is refused as text by the name of its node', () => {
    const print = () => graphText(new Graph([new GraphNode(node)]));
    expect(print).toThrow(GraffitistError);
    expect(print).toThrow(expect.objectContaining({ code: 'node-malformed', message: expect.stringContaining("'n'") }));
  });
});
