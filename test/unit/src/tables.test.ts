import { describe, expect, it } from 'vitest';
import { arranged, COLUMNS } from '../../../src/bottom/columns.ts';
import { thresholdsCsv } from '../../../src/bottom/csv.ts';
import { COMMAND_IDS, command } from '../../../src/commands/commands.ts';
import { keysLabel, keysOf } from '../../../src/commands/keys.ts';
import { checkpointPrefix, fileRows, namedFiles } from '../../../src/files/rows.ts';
import { inputShape, sameInterface, withShape } from '../../../src/interface/inputShapes.ts';
import { parseShape } from '../../../src/interface/shapeText.ts';
import type { QuantizerRow } from '../../../worker/protocol.ts';
import { TRANSFORMS } from '../../../worker/transforms/registry.ts';

const row = (name: string, log2t: number | null, more: Partial<QuantizerRow> = {}): QuantizerRow => ({
  name,
  node: `${name}/LinearQuant`,
  source: name,
  kind: 'weight',
  bits: 8,
  signed: true,
  rounding: 'round',
  threshold: `${name}/threshold`,
  group: undefined,
  constantLog2: undefined,
  log2t,
  rawThreshold: log2t === null ? null : 2 ** log2t,
  usedThreshold: log2t === null ? null : 2 ** Math.ceil(log2t),
  exponent: log2t === null ? null : Math.ceil(log2t) - 7,
  method: null,
  clipped: null,
  sqnrDb: null,
  samples: null,
  notes: [],
  sharedWith: [],
  ...more,
});

describe('thresholds table', () => {
  const rows = [row('b', 2), row('c', null), row('a', -1, { kind: 'activation', signed: false })];
  const names = (list: readonly QuantizerRow[]): string => list.map((each) => each.name).join('');

  it('sorts either way, what is not known last, and keeps the order of the graph when unsorted', () => {
    expect(names(arranged(rows, '', null))).toBe('bca');
    expect(names(arranged(rows, '', { column: 'log2t', descending: false }))).toBe('abc');
    expect(names(arranged(rows, '', { column: 'log2t', descending: true }))).toBe('bac');
    expect(names(arranged(rows, '', { column: 'name', descending: true }))).toBe('cba');
  });

  it('finds by every word: name, kind, bits', () => {
    expect(names(arranged(rows, 'weight int8', null))).toBe('bc');
    expect(names(arranged(rows, 'uint8', null))).toBe('a');
    expect(names(arranged(rows, 'nothing', null))).toBe('');
  });

  it('never shows 0 for a threshold that is not loaded', () => {
    const unknown = row('x', null);
    for (const column of COLUMNS) expect(column.text(unknown)).not.toBe('0');
    const cells = thresholdsCsv([unknown]).split('\r\n')[1]?.split(',') ?? [];
    expect(cells.slice(6, 13)).toEqual(['', '', '', '', '', '', '']);
  });

  it('writes CSV at full precision with quoting', () => {
    const csv = thresholdsCsv([row('a,"b"', -0.010134, { clipped: 0 })]);
    expect(csv).toContain('"a,""b""",');
    expect(csv).toContain(',-0.010134,');
    expect(csv.split('\r\n')[1]).toMatch(/,0,,,,$/);
  });
});

describe('files list', () => {
  it('shows the parts of a checkpoint as one', () => {
    const rows = fileRows([
      { name: 'net.pb', role: 'graph', bytes: 1, detail: '12 nodes' },
      { name: 'net.ckpt.data-00000-of-00001', role: 'checkpoint-data', bytes: 1, detail: '1 MB' },
      { name: 'net.ckpt.index', role: 'checkpoint-index', bytes: 1, detail: '3 variables' },
      { name: 'set.npy', role: 'calibration', bytes: 1, detail: '50 images 128×128×3' },
    ]);
    expect(rows.map((each) => [each.kind, each.name, each.fact])).toEqual([
      ['pb', 'net.pb', '12 nodes'],
      ['ckpt', 'net.ckpt', '3 variables'],
      ['npy', 'set.npy', '50 images'],
    ]);
    expect(checkpointPrefix('a.ckpt-10.index')).toBe('a.ckpt-10');
  });

  it('names what a list file is used for, and other graphs by their ending', () => {
    const steps = [{ id: 'a', transform: 'quantize', options: { layer_merge_list: 'lists/merge.txt' }, bypassed: false }];
    const rows = fileRows(
      [
        { name: 'net.meta', role: 'graph', bytes: 1, detail: '12 nodes' },
        { name: 'merge.txt', role: 'list', bytes: 1, detail: '' },
        { name: 'notes.txt', role: 'list', bytes: 1, detail: '' },
        { name: 'set.npz', role: 'calibration', bytes: 1, detail: '5 images 8×8×3, 5 images 4' },
      ],
      namedFiles({ steps }, TRANSFORMS),
    );
    expect(rows.map((each) => [each.kind, each.fact])).toEqual([
      ['meta', '12 nodes'],
      ['txt', 'layer_merge_list'],
      ['txt', 'not used'],
      ['npz', '5 images'],
    ]);
  });
});

describe('shapes of several inputs', () => {
  const two = { inputs: ['a', 'b'], outputs: ['y'], shape: [8, 8, 3], shapes: { b: [4, 4, 1] } };

  it('the common shape is that of the first input, others are listed where they differ', () => {
    expect(inputShape(two, 'b')).toEqual([4, 4, 1]);
    expect(withShape(two, 'b', [8, 8, 3])).toEqual({ shape: [8, 8, 3], shapes: {} });
    expect(withShape(two, 'a', [2, 2, 3])).toEqual({ shape: [2, 2, 3], shapes: { b: [4, 4, 1] } });
    expect(withShape({ ...two, shapes: {} }, 'a', [2, 2, 3])).toEqual({ shape: [2, 2, 3], shapes: { b: [8, 8, 3] } });
  });

  it('interfaces are the same where each input has the same shape, listed or not', () => {
    const alike = { inputs: ['a', 'b'], outputs: ['y'], shape: [8, 8, 3] };
    expect(sameInterface(alike, { ...alike, shapes: { b: [8, 8, 3] } })).toBe(true);
    expect(sameInterface(alike, two)).toBe(false);
  });
});

describe('shape field', () => {
  it('reads the usual ways of writing a shape and nothing else', () => {
    expect(['128×128×3', '128, 128, 3', '128x128x3', '10'].map(parseShape)).toEqual([[128, 128, 3], [128, 128, 3], [128, 128, 3], [10]]);
    expect(['', '0', '-1x3', '2.5', 'a'].map(parseShape)).toEqual([null, null, null, null, null]);
  });
});

describe('command registry', () => {
  it('no two commands share their keys', () => {
    const keys = COMMAND_IDS.map((id) => command(id).keys).filter((each) => each !== undefined);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('keys are named as the platform names them', () => {
    expect(keysLabel('Mod+Shift+Z', false)).toBe('Ctrl Shift Z');
    expect(keysLabel('Mod+Enter', true)).toBe('⌘↵');
    const event = { key: 'Z', code: 'KeyZ', ctrlKey: true, metaKey: false, shiftKey: true, altKey: false };
    expect(keysOf(event)).toBe('Mod+Shift+Z');
    expect(keysOf({ ...event, key: '!', code: 'Digit1', ctrlKey: false })).toBe('Shift+1');
    expect(keysOf({ ...event, key: 'Enter', code: 'Enter', shiftKey: false })).toBe('Mod+Enter');
  });
});
