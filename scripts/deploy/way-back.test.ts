import { expect, it } from 'vitest';
import { Failure } from '../cli/failure.ts';
import { withWayBack } from './way-back.ts';

it('a failure of deploy advises what works with a repository in the cluster, and never a roll-back of another environment', () => {
  const failed = new Failure('orders is not ready.', 'See its log: npm run logs -- orders');
  const told = withWayBack(failed, 'dev', 'a'.repeat(40));
  expect(told).toMatchObject({ message: 'orders is not ready.' });
  expect(told).toMatchObject({ next: expect.stringContaining('npm run logs -- orders\n  Then correct it') });
  expect(told).toMatchObject({
    next: expect.stringContaining('git revert --no-edit aaaaaaaaaaaa && git push'),
  });
  expect(told).toMatchObject({ next: expect.not.stringContaining('rollback') });
});

it('another error stays as it is', () => {
  const bug = new Error('no');
  expect(withWayBack(bug, 'dev', 'a'.repeat(40))).toBe(bug);
});
