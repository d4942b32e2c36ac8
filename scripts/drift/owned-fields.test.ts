import { expect, it } from 'vitest';
import { foreignFields } from './owned-fields.ts';

it.each([
  'trust-roots',
  'cert-manager-certificates-issuing',
  'kube-controller-manager',
  'kubelet',
  'manager',
  'folder-artifacts',
  'git-server',
])('counts what %s fills in as no drift', (manager) => {
  expect(foreignFields([{ path: 'data.one', manager }])).toEqual([]);
});

it.each(['kubectl-edit', 'kubectl-client-side-apply', 'node-fetch', 'trust-roots-of-somebody'])(
  'counts what %s writes as drift',
  (manager) => {
    const fields = [{ path: 'data.one', manager }];
    expect(foreignFields(fields)).toEqual(fields);
  },
);
