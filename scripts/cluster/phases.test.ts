import { afterEach, expect, test, vi } from 'vitest';
import { Failure } from '../failure.ts';
import { type Phase, runPhases } from './phases.ts';

afterEach(() => vi.restoreAllMocks());

/** What the list printed, and what came out in the end. */
async function run(...phases: Phase[]): Promise<{ printed: string; thrown: unknown; times: string[] }> {
  let printed = '';
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(print);
  vi.spyOn(process.stderr, 'write').mockImplementation(print);
  const ended = await runPhases(phases, { controller: new AbortController(), again: 'the same' }).then(
    (times) => ({ thrown: undefined, times: times.map(({ title }) => title) }),
    (thrown: unknown) => ({ thrown, times: [] }),
  );
  vi.restoreAllMocks();
  return { printed, ...ended };
}

const failing = (error: Error): Phase => ({ title: 'Second', run: () => Promise.reject(error) });
const fine: Phase = { title: 'First', run: async () => undefined };

test('phases run in order and are timed', async () => {
  const { times, printed } = await run(fine, { ...fine, title: 'Second' });
  expect(times).toEqual(['First', 'Second']);
  expect(printed).toContain('First');
});

test('a failure is left to the command to print, and ends the rest', async () => {
  const failure = new Failure('the disk is full.', 'Make room.');
  const { printed, thrown } = await run(fine, failing(failure), { ...fine, title: 'Third' });
  expect(thrown).toBe(failure);
  expect(printed).toContain('Second');
  expect(printed).not.toContain('the disk is full.');
  expect(printed).not.toContain('Third');
});

test('what is no Failure names the phase and how to go on', async () => {
  const { thrown } = await run(failing(new Error('no such file')));
  expect(thrown).toBeInstanceOf(Failure);
  expect(thrown).toMatchObject({
    message: expect.stringMatching(/^'Second' failed after \d+ s: no such file$/),
    next: 'When it is mended, it goes on from here with: the same',
  });
});
