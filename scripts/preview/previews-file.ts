import { stringify } from 'yaml';
import { z } from 'zod';
import { checkSchema } from '../../model/checks/schema.ts';
import { readYaml } from '../../model/reading/read-yaml.ts';
import { previewsFile, previewsSchema } from '../../model/schema/previews.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';

/** A preview as previews.yaml has it: descriptions stay as they were written, without defaults of this version. */
const writtenPreview = z.looseObject({
  request: z.int(),
  source: z.string(),
  expires: z.string(),
  by: z.string(),
  apps: z.record(z.string(), z.looseObject({})),
});

export type WrittenPreview = z.output<typeof writtenPreview>;

/**
 * The previews of an environment, from the text of its previews.yaml; none where there is no such file.
 * @throws DiagnosticsFailure if the text does not fit the schema.
 */
export function readPreviews(environment: string, text: string | undefined): WrittenPreview[] {
  if (text === undefined) return [];
  const { source, diagnostics } = readYaml(text, previewsFile(environment));
  if (source === undefined) throw new DiagnosticsFailure(diagnostics);
  const checked = checkSchema(previewsSchema, source);
  if (checked.value === undefined) throw new DiagnosticsFailure(checked.diagnostics);
  return z.object({ previews: z.array(writtenPreview) }).parse(source.value).previews;
}

/** The text of previews.yaml, sorted by pull request; undefined where there are none, and the file goes. */
export function writePreviews(previews: readonly WrittenPreview[]): string | undefined {
  if (previews.length === 0) return undefined;
  const sorted = [...previews].sort((a, b) => a.request - b.request);
  return `# Written by npm run preview.\n${stringify({ previews: sorted }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
