import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { field, listField } from '../charts/kube/field.ts';
import { renderAll } from '../scripts/render/render.ts';
import { exampleCluster, exampleEdits, exampleNames, withPlatform } from '../test/model/fixture.ts';

const folder = import.meta.dirname;
const names = exampleNames();

/** What all of them become in one environment. */
const files = await withPlatform(
  [...exampleEdits(), ['clusters/dev/cluster.yaml', exampleCluster()]],
  async (root) => (await renderAll(root)).files,
);

const readme = readFileSync(join(folder, 'README.md'), 'utf8');

describe.each(names)('the example %s', (name) => {
  it('is rendered, keeps every rule, and becomes what it was when somebody last looked', async () => {
    const own = [...files].filter(([path]) => new RegExp(`^manifests/dev/${name}(-job)?/`).test(path));
    expect(own.length).toBeGreaterThan(0);
    const text = own.map(([path, content]) => `# ${path}\n${content}`).join('---\n');
    await expect(text).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  it('stands in the README with the number of its lines', () => {
    const lines = readFileSync(join(folder, name, 'app.ts'), 'utf8').split('\n').length - 1;
    expect(readme).toMatch(new RegExp(`^\\| \\[${name}\\]\\(${name}/app\\.ts\\) \\| ${lines} \\|`, 'm'));
  });
});

it("limits in an app bring the definitions of Traefik's kinds and their policy, for which Traefik waits", () => {
  const traefik: unknown = parse(files.get('manifests/dev/flux-sync/kustomization-traefik.yaml') ?? '');
  expect(listField(traefik, 'spec', 'dependsOn').map((each) => field(each, 'name'))).toContain(
    'traefik-middleware',
  );
  expect([...files.keys()]).toContain('manifests/dev/crds/kustomization-traefik-crds.yaml');
  expect([...files.keys()]).toContain('manifests/dev/sign-in/middleware-handbook-body.yaml');
});
