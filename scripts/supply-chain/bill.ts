import { parse } from 'yaml';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { isKubeObject } from '../../charts/kube/kube-object.ts';
import { podTemplate } from '../../charts/kube/pod-template.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { type BillComponent, imageComponent, licencesOf } from './components.ts';
import type { Package } from './packages.ts';

/**
 * A bill of materials of an environment in the format CycloneDX 1.6: the images that its manifests name, and the packages that lock
 * files name. It has no date and no serial number: the same commit gives the same bytes. The content of images is not in it, and
 * `compositions` says so.
 */
export function billOf(
  environment: string,
  { files, packages }: { files: ReadonlyMap<string, string>; packages: readonly Package[] },
): object {
  const images = imagesIn(files).map(imageComponent);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'platform', 'bom-ref': environment, name: environment } },
    components: [...images, ...packages.map(packageComponent)].sort((a, b) =>
      compareText(a['bom-ref'], b['bom-ref']),
    ),
    compositions: [{ aggregate: 'incomplete', assemblies: images.map((image) => image['bom-ref']) }],
  };
}

/** References of all images that pods of the manifests run, each once. */
export function imagesIn(files: ReadonlyMap<string, string>): string[] {
  const found = [...files.values()].flatMap((text) => {
    const object: unknown = parse(text);
    const spec = isKubeObject(object) ? field(podTemplate(object), 'spec') : undefined;
    return ['initContainers', 'containers'].flatMap((list) =>
      listField(spec, list).flatMap((container) => textField(container, 'image') ?? []),
    );
  });
  return [...new Set(found)].sort(compareText);
}

function packageComponent({ name, version, purl, licence }: Package): BillComponent {
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...licencesOf(licence),
  };
}
