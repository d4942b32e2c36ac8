import { fullReference, parseImageReference } from '../../model/schema/image-reference.ts';
import { Failure } from '../cli/failure.ts';

/** A variable of a compose file. */
const variable = /\$\{[^}]*\}|\$\w+/g;

/** The refusal of an image without a fixed version, and the option that names one. */
export function unpinnedImage(written: string): Failure {
  const variables = written.match(variable) ?? [];
  const ref = fullReference(written.replaceAll(variable, 'x'));
  const tag = parseImageReference(ref)?.tag;
  const repository = ref.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const known = !written
    .replaceAll(variable, '$')
    .replace(/:[^:/]*$/, '')
    .includes('$');
  const why =
    variables.length > 0
      ? `has no version in the file, but ${variables.join(' and ')}`
      : tag === undefined
        ? 'has no version, so that its content changes'
        : `has the version '${tag}', which changes its content`;
  return new Failure(
    `the image ${variables.length > 0 ? written : ref} ${why}.`,
    `Name the image by its version, such as --image ${known ? repository : 'REPOSITORY'}:1.2.3`,
  );
}
