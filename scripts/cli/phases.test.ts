import { afterEach, expect, test, vi } from 'vitest';
import { Failure } from './failure.ts';
import { formatTimes, type Phase, Phases, runPhases } from './phases.ts';

afterEach(() => vi.restoreAllMocks());

/** The printed list, and the final result. */
async function run(
  ...phases: Phase<object>[]
): Promise<{ printed: string; thrown: unknown; times: string[] }> {
  let printed = '';
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(print);
  vi.spyOn(process.stderr, 'write').mockImplementation(print);
  const list = phases.reduce((before, phase) => before.add(phase), Phases.from<object>({}));
  const ended = await runPhases(list, { controller: new AbortController(), again: 'the same' }).then(
    ({ times }) => ({ thrown: undefined, times: times.map(({ title }) => title) }),
    (thrown: unknown) => ({ thrown, times: [] }),
  );
  vi.restoreAllMocks();
  return { printed, ...ended };
}

const failing = (error: Error): Phase<object> => ({ title: 'Second', run: () => Promise.reject(error) });
const fine: Phase<object> = { title: 'First', run: async () => ({ result: {} }) };

test('phases run in order and are timed', async () => {
  const { times, printed } = await run(fine, { ...fine, title: 'Second' });
  expect(times).toEqual(['First', 'Second']);
  expect(printed).toContain('First');
});

test('a failure ends the remaining phases, and the command prints it', async () => {
  const failure = new Failure('the disk is full.', 'Make room.');
  const { printed, thrown } = await run(fine, failing(failure), { ...fine, title: 'Third' });
  expect(thrown).toBe(failure);
  expect(printed).toContain('Second');
  expect(printed).not.toContain('the disk is full.');
  expect(printed).not.toContain('Third');
});

test('another error names the phase and the command to continue', async () => {
  const { thrown } = await run(failing(new Error('no such file')));
  expect(thrown).toBeInstanceOf(Failure);
  expect(thrown).toMatchObject({
    message: expect.stringMatching(/^'Second' failed after \d+ s: no such file$/),
    next: 'After a correction, continue with: the same',
  });
});

test('a phase gets the results of earlier ones, and all results are returned', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const phases = Phases.from({ name: 'dev' })
    .add({ title: 'Commit', run: async ({ name }) => ({ result: { commit: `${name}-1` } }) })
    .add({ title: 'Count', run: async ({ commit }) => ({ result: { length: commit.length } }) });
  const options = { controller: new AbortController(), again: 'the same', quiet: true };
  const { result } = await runPhases(phases, options);
  expect(result).toEqual({ name: 'dev', commit: 'dev-1', length: 5 });
});

test('the result of a phase that has not run cannot be read', () => {
  const phases = Phases.from({}).add({ title: 'Commit', run: async () => ({ result: { commit: '1' } }) });
  expect(() => phases.result()).toThrow("the phase 'Commit' has not run");
});

test('a profile has the shares of user, system and idle time of each phase, and the total weighted by duration', () => {
  const times = [
    { title: 'Nodes', seconds: 30, processors: { user: 0.5, system: 0.25, idle: 0.25 } },
    { title: 'Sync', seconds: 10, processors: { user: 0.1, system: 0.05, idle: 0.85 }, unchanged: 'there' },
  ];
  expect(formatTimes(times, { profile: true }).split('\n')).toEqual([
    '                     user  system    idle',
    '  Nodes    30.0 s    50 %    25 %    25 %',
    '  Sync     10.0 s    10 %     5 %    85 %  there',
    '  all      40.0 s    40 %    20 %    40 %',
  ]);
  expect(formatTimes(times).split('\n')).toEqual([
    '  Nodes    30.0 s',
    '  Sync     10.0 s  there',
    '  all      40.0 s',
  ]);
});
