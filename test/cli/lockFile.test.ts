import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { lockFile } from '../../cli/lockFile.ts';

const source = pathToFileURL(path.resolve(import.meta.dirname, '../../cli/lockFile.ts')).href;
let folder = '';
let file = '';
let child: ChildProcess | null = null;

/** Another process that takes the lock and says whether it has it. */
function other(): Promise<string> {
  const script = `const { lockFile } = await import(${JSON.stringify(source)});
    console.log((await lockFile(${JSON.stringify(file)})) === null ? 'refused' : 'held');
    setInterval(() => {}, 1000);`;
  const started = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  return new Promise((resolve) => started.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())));
}

async function kill(): Promise<void> {
  const ended = child;
  child = null;
  if (ended === null) return;
  const gone = new Promise((resolve) => ended.once('exit', resolve));
  ended.kill('SIGKILL');
  await gone;
}

describe('the lock of a stored run', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'graffitize-lock-'));
    file = path.join(folder, 'run.lock');
  });
  afterEach(async () => {
    await kill();
    for (const name of await readdir(folder)) await rm(path.join(folder, name), { force: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('TRC11 is one holder’s, until it is given back', async () => {
    const release = await lockFile(file);
    expect(release).not.toBeNull();
    expect(await lockFile(file)).toBeNull();
    expect(await other()).toBe('refused');
    release?.();
    await expect.poll(() => readdir(folder)).toEqual([]);
    const again = await lockFile(file);
    expect(again).not.toBeNull();
    again?.();
  }, 60_000);

  it('TRC11 is another process’s while that lives, and free once it was killed', async () => {
    expect(await other()).toBe('held');
    expect(await lockFile(file)).toBeNull();
    const [entry = ''] = await readdir(folder);
    const address = await readFile(path.join(folder, entry), 'utf8');
    await kill();
    const release = await lockFile(file);
    expect(release).not.toBeNull();
    expect(await readdir(folder)).not.toContain(entry);
    expect(await readdir(path.dirname(address))).not.toContain(path.basename(address));
    release?.();
  }, 60_000);

  it.each(['', `${process.pid}`, '/etc/hostname'])('TRC11 a file that names no holder (%j) holds nothing', async (content) => {
    await writeFile(file, content);
    await writeFile(`${file}.0123456789abcdef`, content);
    const release = await lockFile(file);
    expect(release).not.toBeNull();
    release?.();
  });

  it('TRC11 of many that want it at once at most one has it, and it is free again afterwards', async () => {
    for (let round = 0; round < 5; round++) {
      const found = await Promise.all(Array.from({ length: 6 }, () => lockFile(file)));
      expect(found.filter((release) => release !== null).length).toBeLessThanOrEqual(1);
      for (const release of found) release?.();
    }
    const last = await lockFile(file);
    expect(last).not.toBeNull();
    last?.();
  });
});
