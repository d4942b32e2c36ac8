import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { moduleSource } from './module-source.ts';
import { readText } from './read-text.ts';
import { readYaml } from './read-yaml.ts';
import type { FieldPath } from './source.ts';

/** The place of a field in its description, for checks of rendered objects. */
export function placeInFile(
  root: string,
  file: string,
  path: FieldPath,
  part: 'key' | 'value' = 'value',
): Pick<Diagnostic, 'line' | 'column' | 'underlined'> {
  const { text } = readText(root, file);
  const source =
    text === undefined
      ? undefined
      : file.endsWith('.ts')
        ? moduleSource(file, text, undefined)
        : readYaml(text, file).source;
  return source?.place(path, part) ?? { line: 1, column: 1 };
}
