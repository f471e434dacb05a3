import { Zip, ZipDeflate, ZipPassThrough, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../worker/formats/crc32.ts';
import { type ZipMember, zipMembers } from '../../../worker/formats/zipDirectory.ts';
import { memberBlob, memberHead, packedFile, refusalOf, unpackMember } from '../../../worker/formats/zipMember.ts';

const text = (content: string) => new TextEncoder().encode(content);
const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);
const blobOf = (bytes: Uint8Array) => new Blob([bytes as BlobPart]);
const membersOf = (bytes: Uint8Array) => zipMembers({ name: 'a.zip', blob: blobOf(bytes) });

/** As streaming writers make it: sizes stand behind each file. */
function streamed(): Uint8Array {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((_, chunk) => chunks.push(chunk));
  for (const entry of [new ZipDeflate('one'), new ZipPassThrough('two')]) {
    zip.add(entry);
    entry.push(content.subarray(0, 1000));
    entry.push(content.subarray(1000), true);
  }
  zip.end();
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** The same archive with the numbers of its first entry, or of its end, moved into zip64 fields. */
function zip64(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 22;
  const [count, at] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  const entryEnd = at + 46 + view.getUint16(at + 28, true);
  const extra = new Uint8Array(28);
  const extraView = new DataView(extra.buffer);
  extraView.setUint16(0, 1, true);
  extraView.setUint16(2, 24, true);
  [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)].forEach((value, i) => {
    extraView.setBigUint64(4 + 8 * i, BigInt(value), true);
  });
  const entry = bytes.slice(at, entryEnd);
  const entryView = new DataView(entry.buffer);
  for (const place of [20, 24, 42]) entryView.setUint32(place, 0xffffffff, true);
  entryView.setUint16(30, extra.length, true);
  const directory = new Uint8Array([...entry, ...extra, ...bytes.subarray(entryEnd, end)]);
  const record = new Uint8Array(56 + 20);
  const recordView = new DataView(record.buffer);
  recordView.setUint32(0, 0x06064b50, true);
  recordView.setBigUint64(4, 44n, true);
  recordView.setBigUint64(24, BigInt(count), true);
  recordView.setBigUint64(32, BigInt(count), true);
  recordView.setBigUint64(40, BigInt(directory.length), true);
  recordView.setBigUint64(48, BigInt(at), true);
  recordView.setUint32(56, 0x07064b50, true);
  recordView.setBigUint64(64, BigInt(at + directory.length), true);
  const last = bytes.slice(end);
  const lastView = new DataView(last.buffer);
  for (const place of [8, 10]) lastView.setUint16(place, 0xffff, true);
  for (const place of [12, 16]) lastView.setUint32(place, 0xffffffff, true);
  return new Uint8Array([...bytes.subarray(0, at), ...directory, ...record, ...last]);
}

describe('an archive by its directory', () => {
  const packed = zipSync({ 'f/a.txt': text('abc'), 'f/b.bin': [content, { level: 6 }], 'é.bin': [content, { level: 0 }], f: {} });

  it.each([
    ['as fflate writes it', packed, ['f/a.txt', 'f/b.bin', 'é.bin']],
    ['streamed', streamed(), ['one', 'two']],
    ['zip64', zip64(packed), ['f/a.txt', 'f/b.bin', 'é.bin']],
    ['with a comment behind it', withComment(packed, 'PK\x05\x06 and more'), ['f/a.txt', 'f/b.bin', 'é.bin']],
    ['empty', zipSync({}), []],
  ])('%s', async (_, bytes, paths) => {
    const members = await membersOf(bytes);
    expect(members.map(({ path }) => path)).toEqual(paths);
    for (const member of members) {
      const expected = member.path.endsWith('.txt') ? text('abc') : content;
      const file = packedFile(member);
      expect(await unpackMember(file, member.path)).toEqual(expected);
      expect(new Uint8Array(await (await memberBlob(file, member.path)).arrayBuffer())).toEqual(expected);
      expect(await memberHead(file, member.path)).toEqual(expected);
    }
  });

  it('nothing but the end is read', async () => {
    const blob = blobOf(zipSync({ large: [new Uint8Array(300_000), { level: 0 }], small: content }));
    const read: number[] = [];
    const slice = blob.slice.bind(blob);
    blob.slice = (from = 0, to = blob.size) => {
      const part = slice(from, to);
      const whole = part.arrayBuffer.bind(part);
      part.arrayBuffer = () => {
        read.push(part.size);
        return whole();
      };
      return part;
    };
    expect(await zipMembers({ name: 'a.zip', blob })).toHaveLength(2);
    expect(read.reduce((sum, size) => sum + size, 0)).toBeLessThan(70_000);
  });

  it('a stored file is a slice of the archive', async () => {
    const [, , member] = await membersOf(packed);
    const blob = await memberBlob(packedFile(member as ZipMember), 'é.bin');
    expect(blob.size).toBe(content.length);
  });

  const damaged = (change: (bytes: Uint8Array, directory: number) => void): Uint8Array => {
    const bytes = packed.slice();
    change(bytes, new DataView(bytes.buffer).getUint32(bytes.length - 6, true));
    return bytes;
  };

  it.each([
    ['cut off', packed.subarray(0, packed.length - 30), 'file-truncated'],
    ['no archive', text('something else'), 'file-truncated'],
    ['a directory outside of the file', damaged((bytes) => bytes.fill(0xee, bytes.length - 6, bytes.length - 3)), 'zip-malformed'],
    ['a damaged entry', damaged((bytes, at) => bytes.fill(0, at, at + 4)), 'zip-malformed'],
    ['a file that runs into the next', damaged((bytes, at) => bytes.fill(0xff, at + 20, at + 23)), 'zip-malformed'],
    ['one of several parts', damaged((bytes) => bytes.fill(1, bytes.length - 18, bytes.length - 17)), 'file-unsupported'],
  ])('refused: %s', async (_, bytes, code) => expect(membersOf(bytes)).rejects.toMatchObject({ code, about: 'a.zip' }));

  it.each([
    ['a damaged header', (bytes: Uint8Array) => bytes.fill(0, 0, 2)],
    ['damaged bytes', (bytes: Uint8Array) => bytes.fill(0x55, 39, 41)],
  ])('a file is refused: %s', async (_, damage) => {
    const bytes = packed.slice();
    damage(bytes);
    const [member] = await membersOf(bytes);
    await expect(unpackMember(packedFile(member as ZipMember), 'x')).rejects.toMatchObject({ code: 'zip-malformed', about: 'x' });
  });

  it('a wrong checksum, another size', async () => {
    const [member] = (await membersOf(packed)) as [ZipMember];
    await expect(unpackMember({ ...packedFile(member), crc: 1 }, 'x')).rejects.toMatchObject({ code: 'zip-malformed' });
    await expect(unpackMember({ ...packedFile(member), size: 2 }, 'x')).rejects.toMatchObject({ code: 'zip-malformed' });
    for (const [wrong, why] of [
      [{ size: 2 }, 'more bytes than the 2'],
      [{ size: 1e6 }, 'where 1000000 are listed'],
      [{ crc: 1 }, 'its checksum is wrong'],
    ] as const) {
      const error = await memberBlob({ ...packedFile(member), ...wrong }, 'x').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'zip-malformed', about: 'x' });
      expect(String(error)).toContain(why);
    }
  });

  it('encrypted files and other methods are told by the directory', async () => {
    const [member] = (await membersOf(packed)) as [ZipMember];
    expect(refusalOf(member)).toBeNull();
    expect(refusalOf({ ...member, encrypted: true })).toMatchObject({ code: 'file-unsupported' });
    expect(refusalOf({ ...member, method: 12 })).toMatchObject({ code: 'file-unsupported' });
  });

  it('CRC-32 of the check sequence, whole and in pieces', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(text('56789'), crc32(text('1234')))).toBe(0xcbf43926);
  });
});

function withComment(bytes: Uint8Array, comment: string): Uint8Array {
  const result = new Uint8Array([...bytes, ...text(comment)]);
  new DataView(result.buffer).setUint16(bytes.length - 2, comment.length, true);
  return result;
}
