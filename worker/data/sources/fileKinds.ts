/** What a file is for among data, by its name. */
export type DataFileKind =
  | 'picture'
  | 'other-picture'
  | 'records'
  | 'array'
  | 'batch'
  | 'pickle'
  | 'text'
  | 'archive'
  | 'clutter'
  | 'foreign'
  | 'unknown';

const BY_NAME: readonly (readonly [kind: DataFileKind, pattern: RegExp])[] = [
  // What systems put beside people's files.
  ['clutter', /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/i],
  ['picture', /\.(jpe?g|jpe|jfif|png)$/i],
  ['other-picture', /\.(gif|bmp|webp|tiff?|heic|avif|ppm|jp2)$/i],
  ['records', /\.tf_?rec(ord)?s?(\.gz)?$|\.tfrecords?-\d{5}-of-\d{5}(\.gz)?$|-\d{5}-of-\d{5}(\.(gz|tf_?rec(ord)?s?))?$/i],
  ['array', /\.np[yz]$/i],
  // CIFAR's binary version.
  ['batch', /(^|\/)(data_batch(_\d+)?|test_batch|train|test)\.bin$/i],
  ['pickle', /\.(pkl|pickle)$|(^|\/)(data_batch_\d|test_batch)$/i],
  ['text', /\.(csv|tsv|txt|list|lst)$/i],
  ['archive', /\.zip$/i],
  [
    'foreign',
    /\.(pb|pbtxt|meta|index|data-\d{5}-of-\d{5}|ckpt|json|xml|ya?ml|html?|md|pdf|py|js|ts|mat|h5|hdf5|tflite|onnx|tar|tgz|gz|bz2|xz|7z|rar|mp4|avi|wav|mp3|docx?|xlsx?)$/i,
  ],
];

/** DAT1: pictures, shards and arrays are told by their names; what is `unknown` by its first bytes. */
export function dataFileKind(path: string): DataFileKind {
  // A checkpoint's data files end like shards.
  if (/\.data-\d{5}-of-\d{5}$/.test(path)) return 'foreign';
  return BY_NAME.find(([, pattern]) => pattern.test(path))?.[0] ?? 'unknown';
}
