import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { withEdits } from '../../test/model/fixture.ts';
import { render } from '../render/render.ts';
import { diff } from './diff.ts';
import { printDiff } from './print-diff.ts';

/** The small repository, rendered and committed. */
async function withCommit(
  use: (
    root: string,
    edit: (file: string, from: string, to: string) => void,
    commit: () => Promise<void>,
  ) => Promise<void>,
) {
  await withEdits([], async (root) => {
    await render(root);
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root });
    const commit = async () => {
      await git('add', '.');
      await git('commit', '--quiet', '--message', 'one', '--no-gpg-sign');
    };
    await git('init', '--quiet');
    await commit();
    const edit = (file: string, from: string, to: string) => {
      const text = readFileSync(join(root, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not hold: ${from}`);
      writeFileSync(join(root, file), text.replace(from, to));
    };
    await use(root, edit, commit);
  });
}

it('shows the effects of a change, the gravest first, before anything is written', async () => {
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
    expect(effects.dev).toContain('other Namespace shop');
    // The gravest first; the authorities differ too, since one image is of another version.
    const apps = effects.dev?.filter((effect) => /Deployment (shop|catalog)/.test(effect));
    expect(apps).toEqual(['stops Deployment shop/shop', 'restarts Deployment catalog/catalog']);
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

it('reports that a removed environment keeps running', async () => {
  await withCommit(async (root) => {
    rmSync(join(root, 'clusters/prod'), { recursive: true });
    const prod = (await diff(root, 'HEAD')).environments.find(({ environment }) => environment === 'prod');
    expect(prod?.effects).toMatchObject([
      {
        gravity: 'other',
        object: 'Environment prod',
        what: expect.stringContaining('the cluster stays as it is'),
      },
    ]);
  });
});

it('refuses an impossible upgrade and an unknown commit', async () => {
  await withCommit(async (root, edit) => {
    for (const file of ['clusters/dev/cluster.yaml', 'clusters/prod/cluster.yaml', 'images/lock.yaml'])
      edit(file, 'v1.36.4', 'v1.38.0');
    const { diagnostics } = await diff(root, 'HEAD');
    expect(diagnostics.map(({ code, file, line }) => `${file}:${line} ${code}`)).toEqual([
      'clusters/dev/cluster.yaml:4 version-skips-minor',
      'clusters/prod/cluster.yaml:4 version-skips-minor',
    ]);
    await expect(diff(root, '--all')).rejects.toThrow("there is no commit '--all' in this repository");
  });
});

it('reads the committed version in any notation', async () => {
  await withCommit(async (root, edit, commit) => {
    edit('clusters/dev/cluster.yaml', 'kubernetes:\n  version: v1.36.4', 'kubernetes: { version: v1.34.1 }');
    await commit();
    edit('clusters/dev/cluster.yaml', 'v1.34.1', 'v1.36.4');
    expect((await diff(root, 'HEAD')).diagnostics).toMatchObject([{ code: 'version-skips-minor' }]);
  });
});

it('reports which file of a commit is not a manifest', async () => {
  await withCommit(async (root, _, commit) => {
    writeFileSync(join(root, 'manifests/dev/shop/by-hand.yaml'), 'kind: [\n');
    await commit();
    rmSync(join(root, 'manifests/dev/shop/by-hand.yaml'));
    await expect(diff(root, 'HEAD')).rejects.toThrow(
      'manifests/dev/shop/by-hand.yaml is not a Kubernetes object',
    );
  });
});
