/** Stands for a name that several images have. */
const SEVERAL = -1;

/** LBL5: images by what a table may call them: a path, the end of one, a file name; each also without its ending. */
export class FileIndex {
  readonly #images = new Map<string, number>();

  constructor(paths: readonly string[]) {
    paths.forEach((path, image) => {
      for (const name of ends(path)) {
        for (const key of new Set([name, withoutEnding(name)])) this.#images.set(key, this.#images.has(key) ? SEVERAL : image);
      }
    });
    // A whole path is one image's, whatever other paths end in it.
    paths.forEach((path, image) => {
      this.#images.set(path, image);
    });
  }

  /** The one image that a cell can mean, or null. The table's paths may begin further out than the images'. */
  find(cell: string): number | null {
    for (const name of ends(cell.replaceAll('\\', '/').replace(/^\.?\//, ''))) {
      const image = this.#images.get(name) ?? this.#images.get(withoutEnding(name));
      if (image !== undefined) return image === SEVERAL ? null : image;
    }
    return null;
  }
}

/** A path and what is left of it, folder after folder. */
function* ends(path: string): Generator<string> {
  for (let from = 0; ; ) {
    yield path.slice(from);
    const slash = path.indexOf('/', from);
    if (slash < 0) return;
    from = slash + 1;
  }
}

function withoutEnding(name: string): string {
  return name.replace(/\.(jpe?g|jpe|jfif|png)$/i, '');
}
