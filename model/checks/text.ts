import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type FieldPath, fieldName, type Source } from '../reading/source.ts';

/**
 * Characters that no manifest can carry: an unpaired surrogate, for which go-yaml refuses the whole folder of
 * the Kustomization (go.yaml.in/yaml, scannerc.go, 'invalid Unicode character escape code'), and NUL, which
 * ends an environment variable in the kernel.
 */
const unwritable = /\0|\p{Surrogate}/u;

/** Reports keys and texts of a description with characters that no manifest can carry. */
export function checkText(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const look = (text: string, path: FieldPath, part: 'key' | 'value') => {
    const found = unwritable.exec(text);
    if (found === null) return;
    const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const words = {
      code: 'unwritable-text',
      what: `${part === 'key' ? 'a key of ' : ''}${fieldName(part === 'key' ? path.slice(0, -1) : path)} holds the character U+${code}`,
      why:
        code === '0000'
          ? 'a process would get only the text before it'
          : 'it is half of a character: YAML cannot carry it, and Flux would refuse the whole folder',
      fix: code === '0000' ? 'remove it' : 'write the whole character, or remove the half',
    };
    diagnostics.push(diagnosticAt(source, path, words, part));
  };
  // A YAML alias can refer to a value that contains it.
  const seen = new Set<object>();
  const walk = (value: unknown, path: FieldPath): void => {
    if (typeof value === 'object' && value !== null) {
      if (seen.has(value)) return;
      seen.add(value);
    }
    if (typeof value === 'string') look(value, path, 'value');
    else if (Array.isArray(value)) for (const [i, item] of value.entries()) walk(item, [...path, i]);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        look(key, [...path, key], 'key');
        walk(item, [...path, key]);
      }
    }
  };
  walk(source.value, []);
  return diagnostics;
}
