import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Two that begin at the same moment give way to each other; each tries so often. */
const ATTEMPTS = 4;
/** And waits up to so long before it does. */
const PAUSE_MS = 200;

/**
 * A lock that ends with its process, however that ends. Who wants it writes a file of its own, `<file>.<random>`, which names a socket (on
 * Windows a pipe) at which it listens, and then looks for others: where nobody answers, that one is gone and its file goes. As everyone
 * writes before looking, two never both find nobody; and as names are never used again, nobody's file is taken for another's. A process
 * number would not do: after a crash another process may have it.
 *
 * @returns what gives it back; null: another process holds it
 */
export async function lockFile(file: string): Promise<(() => void) | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const token = randomBytes(8).toString('hex');
    const address = addressOf(token);
    const server = await listen(address);
    const own = `${file}.${token}`;
    await writeFile(`${own}.partial`, address);
    await rename(`${own}.partial`, own);
    if (!(await othersAnswer(file, path.basename(own)))) {
      return () => {
        server.close();
        void rm(own, { force: true });
      };
    }
    server.close();
    await rm(own, { force: true });
    if (attempt < ATTEMPTS - 1) await setTimeout(Math.random() * PAUSE_MS);
  }
  return null;
}

/** Sockets have short names: the folder for temporary files has one, that of a run may not. */
function addressOf(token: string): string {
  const name = `graffitize-${token}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : path.join(tmpdir().length > 70 ? '/tmp' : tmpdir(), `${name}.sock`);
}

/** Listening does not keep the process from ending. */
function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server.unref()));
  });
}

/** Whether anyone else is there; what those left who are not is removed. */
async function othersAnswer(file: string, own: string): Promise<boolean> {
  const folder = path.dirname(file);
  const entry = /^\.[0-9a-f]{16}$/;
  const name = path.basename(file);
  for (const other of await readdir(folder)) {
    if (other === own || !other.startsWith(name) || !entry.test(other.slice(name.length))) continue;
    const address = addressIn(await readFile(path.join(folder, other), 'utf8').catch(() => ''), other.slice(name.length + 1));
    if (address !== null && (await answers(address))) return true;
    await rm(path.join(folder, other), { force: true });
    // What its holder listened at stays behind where that was killed.
    if (address !== null && process.platform !== 'win32') await rm(address, { force: true }).catch(() => undefined);
  }
  return false;
}

/** The address in a file, where it is one that `addressOf` made for its token. */
function addressIn(content: string, token: string): string | null {
  return new RegExp(`[\\\\/]graffitize-${token}(\\.sock)?$`).test(content) ? content : null;
}

/** A holder that may not be asked is there. */
function answers(address: string): Promise<boolean> {
  const gone: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!gone.has(error.code)));
  });
}
