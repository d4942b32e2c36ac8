import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { kubeconfigPath } from '../cluster/client.ts';
import { kubeconfigState } from './kubeconfig.ts';
import { type KindRecord, readRecord, recordPath, writeRecord } from './record.ts';

const state = mkdtempSync(join(tmpdir(), 'plinth-record-'));
beforeAll(() => void vi.stubEnv('PLINTH_STATE', state));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

it('stores the record completely, and leaves no draft', async () => {
  const finished: KindRecord = {
    phase: 'finished',
    engine: 'docker A',
    roles: ['control-plane'],
    image: 'node:v1',
    ports: [{ host: 1, node: 2 }],
    settings: { a: [1] },
  };
  await writeRecord('one', { phase: 'unfinished', engine: 'docker A' });
  await writeRecord('one', finished);
  expect(await readRecord('one')).toEqual(finished);
  expect(readdirSync(dirname(recordPath('one')))).toEqual(['nodes.json']);
});

it('distinguishes a missing record from an unreadable one', async () => {
  expect(await readRecord('nowhere')).toEqual({ phase: 'none' });
  mkdirSync(join(state, 'broken'));
  for (const text of ['', '{"phase":', '{"phase":"done"}', '{"phase":"finished"}', 'null']) {
    writeFileSync(recordPath('broken'), text);
    expect(await readRecord('broken'), text).toMatchObject({ phase: 'unreadable' });
  }
  rmSync(recordPath('broken'));
  mkdirSync(recordPath('broken'));
  expect(await readRecord('broken')).toMatchObject({
    phase: 'unreadable',
    why: expect.stringContaining('EISDIR'),
  });
});

it('recognises a kubeconfig that is missing, truncated, invalid or of another cluster', async () => {
  const config = (server: string) =>
    `apiVersion: v1\nkind: Config\ncurrent-context: kind-k\nclusters: [{ name: k, cluster: { server: '${server}' } }]\nusers: [{ name: k }]\n`;
  const put = (text: string) => writeFileSync(kubeconfigPath('k'), text);
  expect(await kubeconfigState('k', 40001)).toBe('lost');
  mkdirSync(join(state, 'k'));
  put(config('https://127.0.0.1:40001'));
  expect(await kubeconfigState('k', 40001)).toBe('fits');
  expect(await kubeconfigState('k', 40002)).toBe('lost');
  expect(await kubeconfigState('k', undefined)).toBe('lost');
  for (const text of [
    '',
    config('https://127.0.0.1:40001').slice(0, 80),
    'users: [',
    config('nonsense'),
    '- a\n',
  ]) {
    put(text);
    expect(await kubeconfigState('k', 40001), text).toBe('lost');
  }
});
