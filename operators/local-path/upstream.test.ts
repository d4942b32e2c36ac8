import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

it('has the rights and arguments of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream({
    component: 'local-path',
    ours: { workload: 'local-path-provisioner', namespaces: ['local-path-storage'] },
    upstream: {
      binary: 'local-path-provisioner',
      workload: 'local-path-provisioner',
      namespaces: ['local-path-storage'],
      files: ['deploy/local-path-storage.yaml'],
    },
    differences: [
      {
        reason: 'It reads one ConfigMap, as a file, and runs its helper pods in its own namespace.',
        upstream: [
          'cluster configmaps pods pods/log: get list watch',
          'own pods: create delete get list patch update watch',
        ],
        ours: ['own pods: create delete get', 'own pods/log: get'],
      },
      {
        reason: 'The same file of settings, and no log of each step.',
        upstream: ['argument --debug', 'argument --config', 'argument /etc/config/config.json'],
        ours: ['argument --config=/etc/config/config.json'],
      },
      {
        reason: 'Names of our objects and files.',
        ours: [
          'argument --configmap-name=local-path-config',
          'argument --helper-pod-file=/etc/config/helperPod.yaml',
          'argument --provisioner-name=rancher.io/local-path',
          'argument --service-account-name=local-path-provisioner',
        ],
      },
    ],
  });
  expect(found).toEqual(written);
});
