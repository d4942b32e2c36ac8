import type { ImageContent, ImagePackage } from '../../images/content/index.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { type BillComponent, imageComponent, licencesOf } from './components.ts';

/** Type of an attestation whose predicate is a bill of materials in the format CycloneDX. */
export const billType = 'https://cyclonedx.org/bom';

/** An image whose content is known. */
export interface KnownImage {
  /** The image without tag and digest: `registry.example.org/orders`. */
  reference: string;
  digest: string;
  content: ImageContent;
  /** Packages that its bundles can have, one line each: path, version and integrity of package-lock.json. Default: there is no bundle. */
  bundle?: readonly string[] | undefined;
}

/**
 * A bill of materials of the content of an image, in the format CycloneDX 1.6: the packages that are installed in it, and those in bundles. It
 * has no date and no serial number: the same image gives the same bytes. Files of no package are not in it, and `compositions` says so.
 */
export function imageBill({ reference, digest, content, bundle }: KnownImage): object {
  const image = imageComponent(`${reference}@${digest}`);
  const { distribution } = content;
  const components = new Map<string, BillComponent & { files: string[] }>();
  const packages = [...content.packages, ...bundledPackages(content.bundled, bundle)];
  for (const { file, ...each } of packages) {
    const purl = purlOf(each, distribution);
    const { files } = components.get(purl) ?? { files: [] };
    components.set(purl, { ...packageComponent(each, purl), files: [...files, ...(file ? [file] : [])] });
  }
  const system: BillComponent[] =
    distribution === undefined
      ? []
      : [
          {
            type: 'operating-system',
            'bom-ref': `os:${distribution.id}`,
            name: distribution.id,
            version: distribution.version ?? 'unknown',
          },
        ];
  const found = [...components.values()].map(({ files, ...each }) =>
    files.length === 0 ? each : { ...each, evidence: occurrences(files) },
  );
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: image },
    components: [...system, ...found].sort((a, b) => compareText(a['bom-ref'], b['bom-ref'])),
    compositions: [{ aggregate: 'incomplete', assemblies: [image['bom-ref']] }],
  };
}

/**
 * npm packages in a bundle, with their versions in the lock file: those whose folders its source map names, or all that it can have if it has no
 * source map.
 */
function bundledPackages(
  folders: readonly string[],
  bundle: readonly string[] = [],
): (ImagePackage & { file?: string })[] {
  return bundle.flatMap((line) => {
    const [folder = '', version = ''] = line.split(' ');
    if (folders.length > 0 ? !folders.includes(folder) : folder === 'node_modules/esbuild') return [];
    return [{ type: 'npm', name: folder.replace(/^.*node_modules\//, ''), version }];
  });
}

function packageComponent({ type, name, version, licence }: ImagePackage, purl: string): BillComponent {
  return {
    type: type === 'generic' ? 'application' : 'library',
    ...{ 'bom-ref': purl, name, version, purl },
    ...licencesOf(licence),
  };
}

/** @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst */
function purlOf(
  { type, name, version, architecture }: ImagePackage,
  distribution: ImageContent['distribution'],
): string {
  const isOfSystem = type === 'deb' || type === 'apk';
  const namespace = isOfSystem ? `${distribution?.id ?? (type === 'deb' ? 'debian' : 'alpine')}/` : '';
  const known = type === 'pypi' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;
  const text = known.split('/').map(encodeURIComponent).join('/');
  const release = [distribution?.id, distribution?.version].filter((part) => part !== undefined).join('-');
  const qualifiers = new URLSearchParams({
    ...(architecture === undefined ? {} : { arch: architecture }),
    ...(isOfSystem && release !== '' ? { distro: release } : {}),
  });
  const end = qualifiers.size === 0 ? '' : `?${qualifiers}`;
  return `pkg:${type}/${namespace}${text}@${encodeURIComponent(version)}${end}`;
}

/** Files that name a component, with a slash at the start. */
function occurrences(files: readonly string[]): object {
  return { occurrences: files.map((file) => ({ location: `/${file}` })) };
}
