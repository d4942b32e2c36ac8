/** A component of a bill of materials (CycloneDX 1.6). */
export interface BillComponent {
  type: 'application' | 'container' | 'library' | 'operating-system';
  'bom-ref': string;
  name: string;
  version: string;
  purl?: string;
  licenses?: object[];
  evidence?: object;
}

/** The component of an image, by its reference in manifests. @see https://github.com/package-url/purl-spec, types/oci */
export function imageComponent(reference: string): BillComponent {
  const [named = '', digest] = reference.split('@');
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const [repository, tag] = tagged ? [named.slice(0, colon), named.slice(colon + 1)] : [named, undefined];
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const qualifiers = new URLSearchParams({
    repository_url: repository,
    ...(tag === undefined ? {} : { tag }),
  });
  const version = digest === undefined ? '' : `@${encodeURIComponent(digest)}`;
  return {
    type: 'container',
    'bom-ref': reference,
    name: repository,
    version: digest ?? tag ?? 'unknown',
    purl: `pkg:oci/${name.toLowerCase()}${version}?${qualifiers}`,
  };
}

/** Licences of a component, as the makers of a package wrote them. */
export function licencesOf(licence: string | undefined): Pick<BillComponent, 'licenses'> {
  return licence === undefined ? {} : { licenses: [{ license: { name: licence } }] };
}
