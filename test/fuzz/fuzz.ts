import fc from 'fast-check';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { byteMutation, dataMutation, mutation } from './mutations.ts';
import { complaints, type FuzzSubject } from './survive.ts';

/** What many mutated files did. */
export interface Fuzzed {
  runs: number;
  /** Those that were still right. */
  right: number;
  /** How often each rule refused one. */
  codes: Map<string, number>;
  /** In milliseconds of the processor: the slowest, and which file it was. */
  slowest: { milliseconds: number; file: string; text: string };
}

/**
 * Mutates descriptions and lets each be read, checked and rendered. Throws with the smallest file that was found for which
 * something was thrown, or for which a diagnostic is not what every diagnostic must be.
 */
export function fuzz(subjects: FuzzSubject[], { runs, seed }: { runs: number; seed: number }): Fuzzed {
  const fuzzed: Fuzzed = {
    runs: 0,
    right: 0,
    codes: new Map(),
    slowest: { milliseconds: 0, file: '', text: '' },
  };
  const result = fc.check(
    fc.property(
      fc.constantFrom(...subjects.keys()),
      mutation,
      byteMutation,
      fc.integer({ min: 0, max: 9 }),
      dataMutation,
      (index, mutate, change, dice, data) => {
        const subject = subjects[index];
        if (subject === undefined) throw new Error(`there is no subject ${index}`);
        const text = Buffer.from(mutate(subject.text));
        // Few texts stay texts when bytes change: one in ten is enough.
        const bytes = dice === 0 ? change(text) : text;
        const started = process.cpuUsage();
        const diagnostics = survive(subject, bytes, data);
        // Of the processor: what else runs on this machine does not count.
        const { user, system } = process.cpuUsage(started);
        const milliseconds = (user + system) / 1000;
        const written = new TextDecoder().decode(bytes);
        if (milliseconds > fuzzed.slowest.milliseconds) {
          fuzzed.slowest = { milliseconds, file: subject.file, text: written };
        }
        fuzzed.runs++;
        if (diagnostics.length === 0) fuzzed.right++;
        for (const diagnostic of diagnostics) {
          fuzzed.codes.set(diagnostic.code, (fuzzed.codes.get(diagnostic.code) ?? 0) + 1);
          const wrong = diagnostic.file === subject.file ? complaints(diagnostic, written) : [];
          if (wrong.length > 0) {
            throw new Error(
              `${wrong.join('; ')}\n${JSON.stringify(diagnostic, null, 2)}\nin ${JSON.stringify(written)}`,
            );
          }
        }
      },
    ),
    { numRuns: runs, seed },
  );
  // Not fast-check's own report: it would show functions.
  if (result.failed) throw result.errorInstance;
  return fuzzed;
}

function survive(subject: FuzzSubject, bytes: Buffer, change: (data: unknown) => unknown): Diagnostic[] {
  const text = bytes.toString();
  try {
    return subject.survive(bytes, change);
  } catch (error) {
    throw new Error(
      `${subject.file}: ${error instanceof Error ? error.stack : String(error)}\nin ${JSON.stringify(text)}`,
    );
  }
}
