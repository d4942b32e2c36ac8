import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { withEdits } from '../../model/fixture.ts';
import { render } from '../render/render.ts';
import { diff } from './diff.ts';
import { printDiff } from './print.ts';

/** The small repository, rendered and committed. */
async function withCommit(
  use: (root: string, edit: (file: string, from: string, to: string) => void) => Promise<void>,
) {
  await withEdits([], async (root) => {
    await render(root);
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root });
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'first', '--no-gpg-sign');
    await use(root, (file, from, to) => {
      const text = readFileSync(join(root, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not hold: ${from}`);
      writeFileSync(join(root, file), text.replace(from, to));
    });
  });
}

it('says what a change does, the gravest first, before anything is written', async () => {
  await withCommit(async (root, edit) => {
    expect(printDiff(await diff(root, 'HEAD'))).toBe('nothing differs from HEAD\n');
    edit('apps/catalog/app.ts', 'catalog:2.1.0', 'catalog:2.2.0');
    edit('clusters/prod/cluster.yaml', '  shop:\n    replicas: 3', '  shop:\n    replicas: 2');
    edit('clusters/dev/cluster.yaml', '  shop:\n    env:\n      GREETING: hello from dev\n', '');
    const found = await diff(root, 'HEAD');
    const effects = Object.fromEntries(
      found.environments.map(({ environment, effects }) => [
        environment,
        effects.map(({ gravity, object }) => `${gravity} ${object}`),
      ]),
    );
    expect(effects.dev?.slice(0, 3)).toEqual([
      'lost Namespace shop',
      'stops Deployment shop/shop',
      'restarts Deployment catalog/catalog',
    ]);
    expect(effects.prod).toEqual(['restarts Deployment catalog/catalog', 'starts Deployment shop/shop']);
    const text = printDiff(found);
    expect(text).toContain(
      'containers[catalog].image: "docker.io/example/catalog:2.1.0" → "docker.io/example/catalog:2.2.0"',
    );
    expect(text).toContain('Deployment shop/shop runs 2 pods instead of 3');
    expect((await diff(root, 'HEAD', 'prod')).environments.map(({ environment }) => environment)).toEqual([
      'prod',
    ]);
  });
});

it('refuses a version that a running cluster cannot be led to, and a commit that is none', async () => {
  await withCommit(async (root, edit) => {
    for (const file of ['clusters/dev/cluster.yaml', 'clusters/prod/cluster.yaml', 'images/lock.yaml'])
      edit(file, 'v1.36.3', 'v1.38.0');
    const { problems } = await diff(root, 'HEAD');
    expect(problems.map(({ code, file, line }) => `${file}:${line} ${code}`)).toEqual([
      'clusters/dev/cluster.yaml:4 version-skips-minor',
      'clusters/prod/cluster.yaml:4 version-skips-minor',
    ]);
    await expect(diff(root, '--all')).rejects.toThrow("there is no commit '--all' here");
  });
});
