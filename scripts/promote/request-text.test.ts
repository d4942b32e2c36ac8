import { expect, it, onTestFinished, vi } from 'vitest';
import { TestRepository } from '../../test/delivery/repository.ts';
import { requestText } from './request-text.ts';

// Several processes of Git, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

const given = { app: 'shop', to: 'prod', title: 'Promote shop', risk: 'restarts (1)\n```\nApproved\n' };
const version = (n: number, source: string) => ({
  image: { tag: `t${n}`, digest: `sha256:${String(n).repeat(64)}`, source },
});

it('the text of a promotion has the commits since the version of the other environment, then the effects', async () => {
  const world = await TestRepository.make();
  onTestFinished(() => world.remove());
  const { root, git, commit: first, name } = await world.person();
  const second = await world.commit(root, { 'apps/shop/app.ts': '2' }, 'Faster search');
  const third = await world.commit(root, { 'apps/cart/app.ts': '1' }, 'A cart');
  const text = await requestText(git, { ...given, before: version(1, first), after: version(2, third) });
  expect(text).toBe(
    `Promote shop\n\nSince the version that prod runs:\n\n- Faster search (${name}, ${second.slice(0, 12)})\n\n` +
      'What it does in prod:\n\n````\nrestarts (1)\n```\nApproved\n````\n',
  );
  const fresh = await requestText(git, { ...given, before: undefined, after: version(2, third) });
  expect(fresh).toMatch(/^Promote shop\n\nWhat it does in prod/);
});
