import type { SpecOf } from '../kube/custom-resource.ts';
import { field, listField, textField } from '../kube/field.ts';

/** The annotation of a Kustomization with the hash of its artifact; or the name of an image that no pod uses. */
export const contentName = 'plinth.io/content';

/**
 * Puts the hash of a folder into the `spec` of a Kustomization that reads the Git repository itself. It then has a new generation exactly if
 * the folder has changed, and its status shows whether it was applied since: its revision is the commit, which changes always. An annotation
 * would not change the generation, and no other field of the kind accepts free text without an effect on the applied objects.
 */
export function contentField(digest: string): Pick<SpecOf<'Kustomization'>, 'images'> {
  return { images: [{ name: contentName, digest }] };
}

/** The hash of what a Kustomization is to apply; undefined for one that is not of this platform, and for the root. */
export function declaredContent(kustomization: unknown): string | undefined {
  const annotation = field(kustomization, 'metadata', 'annotations', contentName);
  if (typeof annotation === 'string') return annotation;
  const image = listField(kustomization, 'spec', 'images').find(
    (each) => textField(each, 'name') === contentName,
  );
  return textField(image, 'digest');
}

/** Whether a path of a changed field is that of the hash, which says nothing that the changed folder does not say. */
export function isContentField(path: string): boolean {
  return path === `metadata.annotations.${contentName}` || path === `spec.images[${contentName}].digest`;
}
