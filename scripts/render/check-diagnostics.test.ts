import { expect, it } from 'vitest';
import { withEdits } from '../../test/model/fixture.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { renderAll } from './render.ts';

const app = 'apps/shop/app.ts';
const reason = 'It keeps the whole catalogue in memory.';

async function diagnosticsOf(edits: Parameters<typeof withEdits>[0], environment?: string) {
  const error = await withEdits(edits, (root) =>
    renderAll(root, environment).catch((thrown: unknown) => thrown),
  );
  return error instanceof DiagnosticsFailure ? error.diagnostics : [];
}

it('reports place, environments, reason and fix', async () => {
  const [diagnostic, ...others] = await diagnosticsOf([[app, "cpu: '", "cpu: '3"]]);
  expect(others).toEqual([]);
  expect(diagnostic).toMatchObject({
    code: 'resources-reason',
    file: app,
    what: expect.stringMatching(
      /^in dev, prod, Deployment shop\/shop has more than a quarter of a core without a reason$/,
    ),
    fix: expect.stringContaining(
      `or add an exception in ${app}: exceptions: [{ rule: 'resources-reason', reason: '…' }]`,
    ),
  });
  expect(diagnostic?.line).toBeGreaterThan(1);
});

it('reads the exception and its reason from the description', async () => {
  const edit = [app, "cpu: '", "cpu: '3"] as const;
  expect(await diagnosticsOf([edit, [app, 'resources: {', `resources: { reason: '${reason}',`]])).toEqual([]);
  const exceptions = `exceptions: [{ rule: 'resources-reason', reason: '${reason}' }],\n  resources: {`;
  expect(await diagnosticsOf([edit, [app, 'resources: {', exceptions]])).toEqual([]);
});

it('refuses an unused exception if all environments were checked', async () => {
  const exceptions = `exceptions: [{ rule: 'host-access', reason: '${reason}' }],\n  resources: {`;
  const edit = [app, 'resources: {', exceptions] as const;
  const [diagnostic] = await diagnosticsOf([edit]);
  expect(diagnostic).toMatchObject({ code: 'needless-exception', file: app, column: 16 });
  expect(await diagnosticsOf([edit], 'dev')).toEqual([]);
});

it('reports an object of extra at its own file', async () => {
  const file = 'apps/shop/other.yaml';
  const space = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n';
  const found = await diagnosticsOf([
    [app, 'resources: {', "extra: ['other.yaml'],\n  resources: {"],
    [file, space],
  ]);
  expect(found).toContainEqual(
    expect.objectContaining({ code: 'pod-security', file, line: 4, fix: expect.stringContaining(app) }),
  );
});
