import { expect, it } from 'vitest';
import { readRecap } from './playbook.ts';

const text = `
TASK [kubeadm : Joined] ***
PLAY RECAP *********************************************************************
\u001b[0;33mworker-1\u001b[0m                   : \u001b[0;32mok=12  \u001b[0m \u001b[0;33mchanged=3   \u001b[0m unreachable=0    failed=0    skipped=4    rescued=0    ignored=0
control-1                  : ok=30   changed=0    unreachable=1    failed=2    skipped=4    rescued=0    ignored=0
`;

it('reads the results of a play on each machine, with and without colours', () => {
  expect(readRecap(text)).toEqual({
    'worker-1': { ok: 12, changed: 3, unreachable: 0, failed: 0 },
    'control-1': { ok: 30, changed: 0, unreachable: 1, failed: 2 },
  });
});

it('finds nothing if the play did not finish', () => {
  expect(readRecap('ERROR! the playbook could not be found')).toEqual({});
});
