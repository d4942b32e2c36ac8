import type { Lock } from '../../images/lock/index.ts';
import { type Diagnostic, diagnosticOfFile, type Words } from '../diagnostics/diagnostic.ts';
import { nearest } from '../diagnostics/nearest.ts';
import { placesOf } from '../reading/place.ts';
import { readText } from '../reading/read-text.ts';
import type { Loaded } from '../reading/source.ts';
import { imagesOf, type NamedImage } from '../schema/dockerfile.ts';
import { fullReference, parseImageReference } from '../schema/image-reference.ts';

/** Every base image of a Dockerfile must be in the lock file, because builds can use no other images. */
export function checkBaseImages(root: string, file: string, lock: Loaded<Lock>): Diagnostic[] {
  const { text, diagnostic } = readText(root, file);
  if (diagnostic !== undefined) return [diagnostic];
  const images = imagesOf(text);
  if (!/^\s*FROM\s/im.test(text)) {
    return [
      diagnosticOfFile(file, {
        code: 'no-base-image',
        what: 'there is no FROM instruction',
        why: 'every image starts from another image or from scratch',
        fix: 'start with FROM and an image of images/lock.yaml',
      }),
    ];
  }
  const place = placesOf(text);
  const known = new Set(Object.values(lock.value.images).map(({ ref }) => ref));
  return images.flatMap((image) => {
    const words = faultOf(image, known, lock);
    return words === undefined ? [] : [{ file, ...place(image.start, image.end), ...words }];
  });
}

function faultOf(
  { image, written, unknown }: NamedImage,
  known: ReadonlySet<string>,
  lock: Loaded<Lock>,
): Words | undefined {
  if (image === undefined) {
    return {
      code: 'unknown-base-image',
      what: `the image '${written}' is unknown before the build`,
      why: unknown ?? '',
      fix: 'give each variable a default by ARG above the first FROM, or write the image in full',
    };
  }
  const means = image === written ? '' : `, which means '${image}'`;
  if (parseImageReference(image) === undefined) {
    return {
      code: 'bad-base-image',
      what: `'${written}'${means} is no valid image reference`,
      why: 'no registry can resolve it',
      fix: "write one such as 'docker.io/library/debian:bookworm-slim'",
    };
  }
  const full = fullReference(image);
  if (known.has(full)) return undefined;
  const near = nearest(full, known);
  return {
    code: 'not-locked',
    what: `'${written}'${means} is no image of ${lock.source.file}`,
    why: 'images/lock.yaml is the only file with versions, and builds have no other images',
    fix: near ? `did you mean '${near}'?` : `add ${full} to images in ${lock.source.file}`,
  };
}
