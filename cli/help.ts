import { printOption } from '../worker/transforms/options.ts';
import { TRANSFORMS } from '../worker/transforms/registry.ts';

/** Every transform with its options and defaults, from their schemas. */
export function transformsHelp(): string {
  return TRANSFORMS.map((transform) => {
    const options = Object.entries(transform.options).map(
      ([name, option]) => `      ${`${name}=${printOption(option.default)}`.padEnd(34)}${option.summary}`,
    );
    return [`  ${transform.name.padEnd(24)}${transform.summary}`, ...options].join('\n');
  }).join('\n');
}
