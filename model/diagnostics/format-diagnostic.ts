import { visible } from '../reading/place.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Colours a part of a message. */
export type Paint = (part: 'place' | 'mark' | 'fix', text: string) => string;

const plain: Paint = (_, text) => text;

/** The diagnostic as text for a terminal; without `paint` it has no colours. */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint = plain): string {
  const { file, line, column, code, underlined, what, why, fix } = diagnostic;
  const lines = [`${paint('place', `${visible(file)}:${line}:${column}`)} ${code}`];
  if (underlined !== undefined) {
    const { text, start, length } = underlined;
    const gutter = ' '.repeat(String(line).length);
    const marks = '^'.repeat(width(text.slice(start, start + length)) || 1);
    lines.push(`  ${line} | ${text}`);
    lines.push(`  ${gutter} | ${' '.repeat(width(text.slice(0, start)))}${paint('mark', marks)}`);
  }
  lines.push(`  ${visible(what)}: ${visible(why)}`, `  ${paint('fix', 'fix:')} ${visible(fix)}`);
  return lines.join('\n');
}

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;
const combining = /\p{Mn}/gu;

/** Width in terminal columns: East Asian characters take two, combining accents none. */
function width(text: string): number {
  return text.replace(combining, '').replace(wide, '  ').length;
}
