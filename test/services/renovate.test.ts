import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { Failure } from '../../scripts/cli/failure.ts';
import { gitIn } from '../../scripts/delivery/git.ts';
import { lintRenovate, type RenovateFindings } from '../../scripts/lint-renovate/lint-renovate.ts';

/* Renovate itself, in the version of ci/renovate: it validates renovate.json and reads this repository. It looks up no new version. */

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'plinth-renovate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What Renovate says; the reason where npm cannot install it here. */
async function said(of: string): Promise<RenovateFindings | string> {
  return lintRenovate(of, (line) => console.log(line)).catch((error: unknown) => {
    if (error instanceof Failure) return `${error.message} ${error.next}`;
    throw error;
  });
}

const found = await said(root);
const lacking = typeof found === 'string' ? `, not run: ${found.split('\n')[0]}` : '';
const files = typeof found === 'string' ? {} : found.files;
const lock = loadLock();

/** What it finds in the lock file by its regular expressions, as `NAME VALUE DIGEST`. */
function inLock(datasource: string): string[] {
  return (files.regex ?? [])
    .filter(({ packageFile }) => packageFile === 'images/lock.yaml')
    .flatMap(({ deps }) => deps)
    .filter((each) => each.datasource === datasource)
    .map(({ depName, currentValue, currentDigest }) =>
      [depName, currentValue, currentDigest].filter((part) => part).join(' '),
    )
    .sort();
}

it.skipIf(lacking !== '')(`Renovate accepts renovate.json${lacking}`, () => {
  expect(found).toMatchObject({ problems: [] });
});

it.skipIf(lacking !== '')(`it finds every image of the lock file, with its digest${lacking}`, () => {
  const images = Object.values(lock.images).filter(({ ref }) => !ref.startsWith('registry.plinth.internal/'));
  const wanted = images.map(({ ref, digest = '' }) => `${ref.replace(/:([^:]+)$/, ' $1')} ${digest}`.trim());
  expect(new Set(inLock('docker'))).toEqual(new Set(wanted));
});

it.skipIf(lacking !== '')(`it finds every Go module of programs and artifacts${lacking}`, () => {
  const programs = Object.values(lock.binaries).flatMap(({ version, go }) =>
    go.module === undefined ? [] : [`${go.module} ${version}`],
  );
  const artifacts = Object.values(lock.artifacts).map(({ build }) => `${build.module} ${build.version}`);
  expect(new Set(inLock('go'))).toEqual(new Set([...programs, ...artifacts]));
});

it.skipIf(lacking !== '')(`it finds packages of npm and Python, actions, and bases of apps${lacking}`, () => {
  const named = (manager: string) => (files[manager] ?? []).map(({ packageFile }) => packageFile);
  expect(named('npm')).toEqual(expect.arrayContaining(['package.json', 'ci/renovate/package.json']));
  expect(named('pip_requirements')).toContain('ci/requirements.txt');
  expect(named('github-actions')).toContain('.github/workflows/ci.yml');
  expect(named('dockerfile')).toContain('apps/orders/Dockerfile');
  const all = Object.keys(files).flatMap(named);
  expect(all.filter((file) => /\.test\.ts$|^(test|examples)\/|wrappers/.test(file))).toEqual([]);
});

it.skipIf(lacking !== '')(
  `a mistake in the configuration is a problem${lacking}`,
  async () => {
    const text = readFileSync(join(root, 'renovate.json'), 'utf8');
    writeFileSync(join(folder, 'renovate.json'), text.replace('"rangeStrategy"', '"rangeStrategies"'));
    cpSync(join(root, 'ci/renovate'), join(folder, 'ci/renovate'), { recursive: true });
    const git = gitIn(folder);
    await git(['init', '--quiet', '.']);
    await git(['add', '--all']);
    expect(await said(folder)).toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining('rangeStrategies')]),
    });
  },
  120_000,
);
