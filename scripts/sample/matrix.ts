/** A matrix inside an array: element (row, column) lies at row·rowStride + column·columnStride. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Row-major data as a matrix. */
export function matrix(data: Float32Array, rows: number, columns: number): Matrix {
  return { data, rows, columns, rowStride: columns, columnStride: 1 };
}

/** The same elements with rows and columns exchanged. */
export function transposed({ data, rows, columns, rowStride, columnStride }: Matrix): Matrix {
  return { data, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride };
}

/** left · right, row major, summed in float32. Four terms per pass over an output row: memory traffic, not arithmetic, is what costs here. */
export function multiply(left: Matrix, right: Matrix): Float32Array {
  const { rows, columns: inner } = left;
  const columns = right.columns;
  const { data: factors, rowStride, columnStride } = left;
  const packed = right.columnStride === 1 ? right : matrix(contiguous(right), right.rows, columns);
  const output = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const factorAt = row * rowStride;
    let term = 0;
    for (; term + 4 <= inner; term += 4) {
      const first = factorAt + term * columnStride;
      addFour(
        output,
        row * columns,
        factors[first] as number,
        factors[first + columnStride] as number,
        factors[first + 2 * columnStride] as number,
        factors[first + 3 * columnStride] as number,
        packed.data,
        term * packed.rowStride,
        packed.rowStride,
        columns,
      );
    }
    for (; term < inner; term++) {
      addFour(
        output,
        row * columns,
        factors[factorAt + term * columnStride] as number,
        0,
        0,
        0,
        packed.data,
        term * packed.rowStride,
        0,
        columns,
      );
    }
  }
  return output;
}

/** target[…] += f0·source[…] + f1·source[… + step] + f2·source[… + 2 step] + f3·source[… + 3 step], `count` elements. */
function addFour(
  target: Float32Array,
  targetAt: number,
  f0: number,
  f1: number,
  f2: number,
  f3: number,
  source: Float32Array,
  sourceAt: number,
  step: number,
  count: number,
): void {
  const [second, third, fourth] = [sourceAt + step, sourceAt + 2 * step, sourceAt + 3 * step];
  for (let index = 0; index < count; index++) {
    target[targetAt + index] =
      (target[targetAt + index] as number) +
      f0 * (source[sourceAt + index] as number) +
      f1 * (source[second + index] as number) +
      f2 * (source[third + index] as number) +
      f3 * (source[fourth + index] as number);
  }
}

function contiguous({ data, rows, columns, rowStride, columnStride }: Matrix): Float32Array {
  const copy = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) copy[row * columns + column] = data[row * rowStride + column * columnStride] as number;
  }
  return copy;
}
