import { expect, test } from 'vitest';
import { Failure } from '../cli/failure.ts';
import { fail, ok, warn } from './check-result.ts';
import { refuseUnfit } from './refuse.ts';

test('accepts a machine with warnings or failed queries only', async () => {
  await refuseUnfit([
    { name: 'git', find: () => ok('2.39.5') },
    { name: 'memory', find: () => warn('1.9 GiB', 'colima start --memory 8') },
    {
      name: 'broken',
      find: () => {
        throw new Error('no such luck');
      },
    },
  ]);
});

test('refuses a machine with every failed check and its command', async () => {
  const refused = refuseUnfit([
    { name: 'engine', find: () => fail('Docker is installed, but does not answer', 'colima start') },
    { name: 'git', find: () => ok('2.39.5') },
    { name: 'ports', find: () => fail('8080 (the gateway) is taken by nginx (pid 4711)', 'Stop it') },
  ]);
  await expect(refused).rejects.toEqual(
    new Failure(
      'this machine does not meet the requirements, and nothing was created:\n' +
        '  engine: Docker is installed, but does not answer\n' +
        '  ports: 8080 (the gateway) is taken by nginx (pid 4711)',
      'colima start\n  Stop it\n  For all checks: npm run doctor',
    ),
  );
});
