import { styleText } from 'node:util';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { formatDiagnostic, type Paint } from '../../model/diagnostics/format-diagnostic.ts';
import { Failure } from '../cli/failure.ts';

/** Maximum number of printed diagnostics; the JSON has all of them. */
const most = 100;

const colours = { place: 'bold', mark: 'red', fix: 'green' } as const;

/** Colours, if the terminal of standard error supports them. */
const paint: Paint = (part, text) => styleText(colours[part], text, { stream: process.stderr });

/** Thrown with all diagnostics of the run, sorted; nothing was written. */
export class DiagnosticsFailure extends Failure {
  readonly diagnostics: Diagnostic[];

  constructor(diagnostics: Diagnostic[]) {
    const count = diagnostics.length === 1 ? 'one error' : `${diagnostics.length} errors`;
    const more = diagnostics.length > most ? `\n… and ${diagnostics.length - most} more` : '';
    const shown = diagnostics.slice(0, most).map((diagnostic) => formatDiagnostic(diagnostic, paint));
    super(
      `${count}, and nothing was written\n${shown.join('\n')}${more}`,
      'Correct the errors above, then type the same command again.',
    );
    this.diagnostics = diagnostics;
  }
}

/**
 * Runs work that can find diagnostics. With JSON output it prints the diagnostics as JSON and returns undefined.
 */
export async function withDiagnostics<T>(
  json: boolean,
  print: (text: string) => void,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!json || !(error instanceof DiagnosticsFailure)) throw error;
    print(`${JSON.stringify({ diagnostics: error.diagnostics }, null, 2)}\n`);
    return undefined;
  }
}
