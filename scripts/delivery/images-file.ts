import { stringify } from 'yaml';
import { checkSchema } from '../../model/checks/schema.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { schemaLine } from '../../model/schema/json-schemas.ts';
import {
  mostVersionsBefore,
  type PublishedApp,
  type PublishedImages,
  type PublishedVersion,
  publishedImagesFile,
  publishedImagesSchema,
} from '../../model/schema/published-images.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';

/**
 * Content of `clusters/ENV/images.yaml`; undefined if the file does not exist, because nothing was published yet.
 * @throws DiagnosticsFailure if the content is invalid.
 */
export function readPublished(environment: string, text: string | undefined): PublishedImages | undefined {
  if (text === undefined) return undefined;
  const { source, diagnostics } = readYaml(text, publishedImagesFile(environment));
  if (source === undefined) throw new DiagnosticsFailure(diagnostics);
  const checked = checkSchema(publishedImagesSchema, source);
  if (checked.value === undefined) throw new DiagnosticsFailure(checked.diagnostics);
  return checked.value;
}

/** The file's text, with apps sorted by name: the same on every machine. */
export function writePublished({ source, apps }: PublishedImages): string {
  const sorted = Object.entries(apps).sort(([a], [b]) => compareText(a, b));
  return `${schemaLine('../images.schema.json')}
# Written by npm run publish, promote and rollback.
${stringify({ source, apps: Object.fromEntries(sorted) }, { lineWidth: 0 })}`;
}

/** The running version of an app, without earlier ones. */
export function versionOf({ image, migrations }: PublishedVersion): PublishedVersion {
  return { ...(image === undefined ? {} : { image }), ...(migrations === undefined ? {} : { migrations }) };
}

/** Whether two versions run the same images. */
export function isSameVersion(a: PublishedVersion, b: PublishedVersion): boolean {
  return a.image?.digest === b.image?.digest && a.migrations?.digest === b.migrations?.digest;
}

/** The app's entry with a new running version and without a hold; unchanged if the app already runs it. */
export function withVersion(app: PublishedApp | undefined, version: PublishedVersion): PublishedApp {
  if (app === undefined) return { ...versionOf(version), before: [] };
  const { hold, before, ...rest } = app;
  const earlier = [...(hold?.left ?? []), ...before];
  if (isSameVersion(app, version)) return { ...rest, before: earlier.slice(0, mostVersionsBefore) };
  const others = [versionOf(app), ...earlier].filter((each) => !isSameVersion(each, version));
  return { ...versionOf(version), before: others.slice(0, mostVersionsBefore) };
}
