import { Lexer } from './lexer.ts';
import { messageNamed } from './schema.ts';

/** The messages that a file of TensorFlow's may hold as text. */
const FILES = ['GraphDef', 'MetaGraphDef', 'SavedModel'] as const;

/** Which message a text is, told by its first field. @throws TextError */
export function textKind(text: Uint8Array): (typeof FILES)[number] {
  const { text: first } = new Lexer(text);
  return FILES.find((name) => messageNamed(name).byName.has(first)) ?? 'GraphDef';
}
