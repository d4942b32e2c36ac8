import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { Phases, runPhases } from '../cli/phases.ts';
import { notedRun, noteRun, otlpRun, timed } from './run-trace.ts';
import { compareRuns, type Run, readRuns, showRuns, writeRuns } from './runs.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'plinth-runs-'));
  vi.stubEnv('PLINTH_STATE', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true, force: true });
});

const run = (day: number, seconds: Record<string, number>): Run => ({
  command: 'init-cluster',
  ended: `2026-01-0${day}T10:00:00.000Z`,
  phases: Object.entries(seconds).map(([title, each]) => ({ title, seconds: each })),
  sent: true,
});

it('compares the newest run with the median of those before it, phase by phase', () => {
  const runs = [
    run(1, { nodes: 40, images: 10 }),
    run(2, { nodes: 50 }),
    run(3, { nodes: 60 }),
    run(4, { nodes: 45.5 }),
  ];
  expect(compareRuns(runs).split('\n')).toEqual([
    'SECONDS   2026-01-04T10:00   MEDIAN   CHANGE   2026-01-03T10:00   2026-01-02T10:00   2026-01-01T10:00',
    'nodes     45.5               50.0     -4.5     60.0               50.0               40.0',
    'images    -                  10.0     -        -                  -                  10.0',
    'all       45.5               50.0     -4.5     60.0               50.0               50.0',
  ]);
});

it('keeps the newest twenty runs of each command', () => {
  const many = Array.from({ length: 25 }, (_, i) => run(1, { nodes: i }));
  writeRuns('dev', [{ ...run(1, { apps: 1 }), command: 'deploy' }, ...many]);
  const read = readRuns('dev');
  expect(read.filter(({ command }) => command === 'deploy')).toHaveLength(1);
  expect(
    read.filter(({ command }) => command === 'init-cluster').map(({ phases }) => phases[0]?.seconds),
  ).toEqual(Array.from({ length: 20 }, (_, i) => i + 5));
});

it('keeps a run where nothing takes its trace, and asks nobody', async () => {
  const said: string[] = [];
  const processors = { user: 0, system: 0, idle: 1 };
  const phases = [{ title: 'nodes', seconds: 1, processors }];
  await noteRun({ name: 'dev', observability: 'off' }, 'deploy', phases, (message) => said.push(message));
  expect(readRuns('dev')).toMatchObject([
    { command: 'deploy', phases: [{ title: 'nodes', seconds: 1 }], sent: false },
  ]);
  expect(said).toEqual([]);
});

it('keeps a run whose collector is not there, says so, and does not fail', async () => {
  const said: string[] = [];
  await noteRun({ name: 'dev', observability: { store: 'light' } }, 'deploy', [], (message) =>
    said.push(message),
  );
  expect(readRuns('dev')).toMatchObject([{ sent: false }]);
  expect(said).toEqual([
    expect.stringMatching(/^the trace of these phases waits for the next run: there is no cluster 'dev'/),
  ]);
  // It loads the Kubernetes client.
}, 120_000);

const noCollector = { name: 'dev', observability: 'off' } as const;
const spans = z.array(z.object({ name: z.string(), status: z.looseObject({ code: z.number().optional() }) }));
const otlp = z.object({ scopeSpans: z.tuple([z.object({ spans })]) });

/** The names of the spans of a run's trace, with their status. */
function statuses(each: Run | undefined): [string, object][] {
  if (each === undefined) return [];
  const [{ spans: found }] = otlp.parse(otlpRun(each)).scopeSpans;
  return found.map(({ name, status }) => [name, status]);
}

describe('a run that does not end', () => {
  const quietly = (onPhase: Parameters<typeof timed>[1], controller = new AbortController()) => ({
    ...{ controller, again: 'again', quiet: true, since: performance.now(), onPhase },
  });
  const first = { title: 'First', run: async () => ({ result: {} }) };

  it('leaves a trace with an error, the phase that failed, and no secret of its message', async () => {
    const broken = {
      title: 'Second',
      run: () => Promise.reject(new Error('https://a:hidden@host refuses, password=hidden')), // not-a-secret: a made-up password
    };
    const ended = notedRun(
      noCollector,
      'deploy',
      () => {},
      (note) => runPhases(Phases.from({}).add(first).add(broken), quietly(note)),
    );
    await expect(ended).rejects.toThrow(/^'Second' failed after \d+ s/);
    const [kept] = readRuns('dev');
    const message = 'https://host refuses, password=***';
    expect(kept).toMatchObject({
      phases: [{ title: 'First' }, { title: 'Second', failed: message }],
      failed: expect.stringMatching(/^'Second' failed after \d+ s: https:\/\/host refuses, password=\*\*\*$/),
    });
    expect(statuses(kept)).toEqual([
      ['deploy', { code: 2, message: kept?.failed }],
      ['First', {}],
      ['Second', { code: 2, message }],
    ]);
  });

  it('leaves one too if it is interrupted', async () => {
    const controller = new AbortController();
    const waits = {
      title: 'Second',
      run: async () => {
        controller.abort(new Failure("interrupted during 'Second'.", 'Continue with: again'));
        throw new Error('a child process ended');
      },
    };
    const send = vi.spyOn(globalThis, 'fetch');
    const ended = notedRun(
      { name: 'dev', observability: { store: 'light' } },
      'init-cluster',
      () => {},
      (note) => runPhases(Phases.from({}).add(first).add(waits), quietly(note, controller)),
    );
    await expect(ended).rejects.toThrow("interrupted during 'Second'.");
    expect(statuses(readRuns('dev')[0])).toEqual([
      ['init-cluster', { code: 2, message: "interrupted during 'Second'." }],
      ['First', {}],
      ['Second', { code: 2, message: "interrupted during 'Second'." }],
    ]);
    // Who interrupts a command does not wait for the collector: the next run sends both.
    expect(readRuns('dev')[0]?.sent).toBe(false);
    expect(send).not.toHaveBeenCalled();
    send.mockRestore();
  });

  it('leaves one for work without phases, and its failure stays what it is if nothing can be kept', async () => {
    const failure = new Failure('the key is gone.', 'Make one.');
    const rotated = () =>
      notedRun(
        noCollector,
        'secrets rotate-key',
        () => {},
        (note) => timed('Keys rotated', note, () => Promise.reject(failure)),
      );
    await expect(rotated()).rejects.toBe(failure);
    expect(statuses(readRuns('dev')[0])).toEqual([
      ['secrets rotate-key', { code: 2, message: 'the key is gone.' }],
      ['Keys rotated', { code: 2, message: 'the key is gone.' }],
    ]);
    writeFileSync(join(state, 'dev', 'runs.json'), '{');
    await expect(rotated()).rejects.toBe(failure);
  });

  it('is in no comparison, and takes the place of no complete run', async () => {
    const failed = Array.from({ length: 25 }, () => ({ ...run(2, { nodes: 1 }), failed: 'no' }));
    writeRuns('dev', [run(1, { nodes: 40 }), ...failed, run(3, { nodes: 50 })]);
    expect(readRuns('dev')).toHaveLength(22);
    const printed: string[] = [];
    const output = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(String(text));
      return true;
    });
    showRuns('dev', 'init-cluster');
    output.mockRestore();
    expect(printed.join('')).toMatch(/nodes +50\.0 +40\.0 +\+10\.0 +40\.0\n/);
    writeRuns('dev', failed);
    expect(() => showRuns('dev', 'init-cluster')).toThrow('no complete run of init-cluster');
  });
});

it('is a trace: the phases one after another below the command, up to its end', () => {
  const text = JSON.stringify(otlpRun(run(1, { nodes: 40, images: 10 })));
  const spans = [
    ...text.matchAll(/"name":"(\w[\w-]*)","kind":1,"startTimeUnixNano":"(\d+)","endTimeUnixNano":"(\d+)"/g),
  ];
  const end = Date.parse('2026-01-01T10:00:00Z') / 1_000;
  expect(spans.map(([, name, from, to]) => [name, Number(from) / 1e9 - end, Number(to) / 1e9 - end])).toEqual(
    [
      ['init-cluster', -50, 0],
      ['nodes', -50, -10],
      ['images', -10, 0],
    ],
  );
});

it('says what to do where no run is known, and where the file is something else', () => {
  expect(() => showRuns('dev', 'init-cluster')).toThrow("no complete run of init-cluster on 'dev' is known.");
  writeRuns('dev', []);
  writeFileSync(join(state, 'dev', 'runs.json'), '{');
  expect(() => readRuns('dev')).toThrow('runs.json is no list of runs.');
});
