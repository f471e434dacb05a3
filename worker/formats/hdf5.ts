import { GraffitistError } from '../errors.ts';

/** An array under a path of groups, `a/b/c`. */
export interface Hdf5Dataset {
  readonly path: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

type Library = typeof import('h5wasm');

/** Files of one session of the library need names of their own. */
let files = 0;

/**
 * Writes an HDF5 file of float32 arrays, dataset by dataset. The library (HDF5 itself as WebAssembly, bytes and all in one script) is
 * loaded when the first file is written.
 */
export class Hdf5Writer {
  readonly #library: Library;
  readonly #name: string;
  readonly #file: InstanceType<Library['File']>;
  readonly #groups = new Set<string>();
  readonly #datasets = new Set<string>();

  private constructor(library: Library) {
    this.#library = library;
    this.#name = `written-${++files}.h5`;
    this.#file = new library.File(this.#name, 'w');
  }

  static async open(): Promise<Hdf5Writer> {
    const library = await import('h5wasm');
    await library.ready;
    return new Hdf5Writer(library);
  }

  /** @throws GraffitistError `node-malformed` where a path leads through another dataset */
  add({ path, shape, values }: Hdf5Dataset): void {
    const segments = path.split('/');
    const scopes = segments.slice(1).map((_, depth) => segments.slice(0, depth + 1).join('/'));
    if (this.#groups.has(path) || this.#datasets.has(path) || scopes.some((scope) => this.#datasets.has(scope))) {
      throw new GraffitistError('node-malformed', `'${path}' cannot be a dataset beside one whose path it continues or begins.`, {
        about: path,
      });
    }
    for (const scope of scopes) {
      if (this.#groups.has(scope)) continue;
      this.#file.create_group(scope);
      this.#groups.add(scope);
    }
    this.#file.create_dataset({ name: path, data: values, shape: [...shape], dtype: '<f' });
    this.#datasets.add(path);
    // The library reports failures on the console only.
    if (this.#file.get(path) === null) throw new GraffitistError('internal', `HDF5 could not store '${path}'.`, { about: path });
  }

  /** Closes the file and hands it out. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#file.close();
    const { FS } = this.#library;
    if (FS === null) throw new GraffitistError('internal', 'The HDF5 library is not loaded.');
    const bytes = FS.readFile(this.#name);
    FS.unlink(this.#name);
    return new Uint8Array(bytes);
  }
}
