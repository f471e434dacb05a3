import type { AttrList, AttrValue } from '../formats/attrValue.ts';
import type { Shape } from '../formats/tensor.ts';

/** A shape as the field writes it: `?×224×224×3`, `scalar`, `unknown`. */
export function shapeText(shape: Shape): string {
  if (shape === null) return 'unknown';
  if (shape.length === 0) return 'scalar';
  return shape.map((dim) => (dim < 0 ? '?' : String(dim))).join('×');
}

/** An attribute in one line, for the inspector and `graffitize inspect`. */
export function attributeText(value: AttrValue): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'tensor':
      return `${value.value.dtype} ${shapeText(value.value.shape)}`;
    case 'shape':
      return shapeText(value.value);
    case 'list':
      return listText(value.value);
    default:
      return String(value.value);
  }
}

function listText(list: AttrList): string {
  const items = [...list.strings, ...list.ints, ...list.floats, ...list.bools, ...list.types, ...list.shapes.map(shapeText)].map(String);
  const shown = items.slice(0, 16).join(', ');
  return `[${shown}${items.length > 16 ? `, … ${items.length - 16} more` : ''}]`;
}
