import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appSchema } from '../app.ts';
import { otherWord, otherWords } from './other-words.ts';

const docs = readFileSync(join(import.meta.dirname, '../../docs/app.md'), 'utf8');
const headings = [...docs.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);
const all = otherWords.flatMap(({ words }) => words);

describe('docs/app.md', () => {
  it('docs/app.md has a heading for every key of app.ts, and no other', () => {
    expect([...headings].sort()).toEqual(Object.keys(appSchema.shape).sort());
  });

  it("docs/app.md has the headings that hints for other tools' keys link to", () => {
    expect(all.map(([, { heading }]) => heading).filter((heading) => !headings.includes(heading))).toEqual(
      [],
    );
  });
});

it('no key of another tool is a key of app.ts, and none has two meanings', () => {
  const top = otherWords.find(({ at }) => at.test(''))?.words ?? [];
  const words = top.flatMap(([list]) => list.split(' '));
  expect(words.filter((word) => Object.hasOwn(appSchema.shape, word))).toEqual([]);
  expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
});

it.each([
  ['apps/shop/app.ts', [], 'volumeMounts', /^'volumeMounts' is written volumes: .*; docs\/app\.md#volumes$/],
  ['apps/shop/app.ts', [], 'cron', /schedule: .*#schedule$/],
  ['apps/shop/app.ts', ['probes', 'ready'], 'timeoutSeconds', /timeout: 3.*#probes$/],
  ['apps/shop/app.ts', [], 'redis', /is an app of its own.*#uses$/],
  ['apps/shop/app.ts', [], 'canary', /rollout: .*#rollout$/],
  ['apps/shop/app.ts', ['init', 0], 'volumeMounts', /is not needed: every container of the pod.*#init$/],
  ['apps/shop/app.ts', ['sidecars', 1], 'livenessProbe', /probes: .*#probes$/],
  ['apps/shop/app.ts', ['init', 0], 'livenessProbe', undefined],
  ['apps/shop/app.ts', ['job'], 'backoffLimit', /retries: 3.*#job$/],
  ['apps/shop/app.ts', ['database'], 'password', /is derived: .*#database$/],
  ['apps/shop/app.ts', ['exposes'], 'rateLimit', /limits: \{ rate: .*#exposes$/],
  ['apps/shop/app.ts', ['exposes', 'limits', 'rate'], 'by', /counts all visitors together.*#exposes$/],
  ['apps/shop/app.ts', [], 'cors', /exposes: .*cors: .*#exposes$/],
  ['clusters/dev/cluster.yaml', ['apps', 'shop'], 'ports_', undefined],
  [
    'clusters/dev/cluster.yaml',
    ['apps', 'shop'],
    'ingress',
    / in apps\/shop\/app\.ts; docs\/app\.md#exposes$/,
  ],
  ['clusters/dev/cluster.yaml', [], 'ingress', undefined],
  ['operators/x/operator.ts', [], 'ingress', undefined],
])('in %s, at %j, the hint for %s names the key of app.ts', (file, path, key, expected) => {
  const told = otherWord(file, path, key);
  if (expected === undefined) expect(told).toBeUndefined();
  else expect(told).toMatch(expected);
});
