import { GraffitistError } from '../../errors.ts';
import { z } from '../../formats/schema.ts';
import type { ImageRule } from '../../protocol.ts';
import { prepareRule } from '../imageRule.ts';
import { parseImageRule, printImageRule } from '../imageRuleText.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');
const side = z.number().int().positive();

const listSchema = z.object({
  format: z.literal('graffitist-calibration-set'),
  version: z.literal(1),
  /** What the images came from, in words. */
  source: z.string(),
  images: z.object({
    /** As arguments have it, with the size. */
    rule: z.string(),
    /** What the rule does, spelled out; null: values are fed as they are. */
    steps: z
      .object({
        /** Bytes become x · (1/255) in float32 before anything else. */
        unitFirst: z.boolean(),
        crop: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('none') }),
          z.object({ kind: z.literal('central'), share: z.number() }),
          z.object({ kind: z.literal('short-side'), pixels: z.number() }),
        ]),
        channels: z.enum(['rgb', 'bgr', 'grey']),
        divisor: z.number(),
        mean: z.array(z.number()),
        scale: z.array(z.number()),
      })
      .nullable(),
  }),
  /** Of one image. */
  shape: z.array(side).min(1),
  /** Null: the first images, in the order in which the data lists them. */
  seed: z.number().int().nonnegative().nullable(),
  /** How many were asked for. */
  size: side,
  balanced: z.boolean(),
  /** Row by row. */
  chosen: z.array(z.object({ name: z.string(), label: z.number().int().nullable(), sha256: hash })).min(1),
  array: z.object({ name: z.string(), sha256: hash }),
});

/** `calibration_set.json`: what a calibration set is made of. */
export type CalibrationList = z.infer<typeof listSchema>;

/** CSET5: a rule with the size that it makes, as text, and what it does. @throws GraffitistError `data-shape`, `option-invalid` */
export function spelledRule(rule: ImageRule, shape: readonly number[]): CalibrationList['images'] {
  const { steps } = prepareRule(rule, shape);
  if (steps === null) return { rule: 'none', steps };
  const { unitFirst, crop, channels, divisor, mean, scale } = steps;
  const text = printImageRule({ ...rule, size: [shape[0] ?? 0, shape[1] ?? 0] });
  return { rule: text, steps: { unitFirst, crop, channels, divisor, mean: [...mean], scale: [...scale] } };
}

export function printList(list: CalibrationList): string {
  return `${JSON.stringify(list, null, 2)}\n`;
}

/**
 * Reads a list back.
 * @throws GraffitistError `recipe-invalid` naming the first field that is wrong; `data-differs` where its rule does something else here
 */
export function parseList(text: string, fileName: string): CalibrationList {
  const parsed = listSchema.safeParse(jsonOf(text, fileName));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new GraffitistError('recipe-invalid', `${issue?.path.join('.') || 'list'}: ${issue?.message ?? 'invalid'}.`, {
      about: fileName,
      remedy: 'Give the calibration_set.json that was written with the array, or see docs/formats.md.',
    });
  }
  const { images, shape } = parsed.data;
  if (JSON.stringify(spelledRule(ruleOf(parsed.data), shape)) === JSON.stringify(images)) return parsed.data;
  throw new GraffitistError('data-differs', `The list's rule for images '${images.rule}' does something else here than it says.`, {
    about: fileName,
    remedy: 'Make a new set.',
  });
}

/** The rule for images of a list. @throws GraffitistError `option-invalid` */
export function ruleOf({ images }: CalibrationList): ImageRule {
  return parseImageRule(images.rule);
}

function jsonOf(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GraffitistError('recipe-invalid', `This is not JSON: ${error instanceof Error ? error.message : String(error)}.`, {
      about: fileName,
    });
  }
}
