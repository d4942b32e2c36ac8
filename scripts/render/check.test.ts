import { expect, it } from 'vitest';
import { withEdits } from '../../test/model/fixture.ts';
import { ProblemsFailure } from './problems-failure.ts';
import { renderAll } from './render.ts';

const app = 'apps/shop/app.ts';
const reason = 'It keeps the whole catalogue in memory.';

async function problemsOf(edits: Parameters<typeof withEdits>[0], environment?: string) {
  const error = await withEdits(edits, (root) =>
    renderAll(root, environment).catch((thrown: unknown) => thrown),
  );
  return error instanceof ProblemsFailure ? error.problems : [];
}

it('reports place, environments, reason and fix', async () => {
  const [problem, ...others] = await problemsOf([[app, "cpu: '", "cpu: '3"]]);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    code: 'resources-reason',
    file: app,
    what: expect.stringMatching(
      /^in dev, prod, Deployment shop\/shop has more than a quarter of a core without a reason$/,
    ),
    fix: expect.stringContaining(
      `or add an exception in ${app}: exceptions: [{ rule: 'resources-reason', reason: '…' }]`,
    ),
  });
  expect(problem?.line).toBeGreaterThan(1);
});

it('reads the exception and its reason from the description', async () => {
  const edit = [app, "cpu: '", "cpu: '3"] as const;
  expect(await problemsOf([edit, [app, 'resources: {', `resources: { reason: '${reason}',`]])).toEqual([]);
  const exceptions = `exceptions: [{ rule: 'resources-reason', reason: '${reason}' }],\n  resources: {`;
  expect(await problemsOf([edit, [app, 'resources: {', exceptions]])).toEqual([]);
});

it('refuses an unused exception if all environments were checked', async () => {
  const exceptions = `exceptions: [{ rule: 'host-access', reason: '${reason}' }],\n  resources: {`;
  const edit = [app, 'resources: {', exceptions] as const;
  const [problem] = await problemsOf([edit]);
  expect(problem).toMatchObject({ code: 'needless-exception', file: app, column: 16 });
  expect(await problemsOf([edit], 'dev')).toEqual([]);
});
