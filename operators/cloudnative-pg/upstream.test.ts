import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

it('has the rights, arguments and webhooks of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream({
    component: 'cloudnative-pg',
    ours: { workload: 'cloudnative-pg', namespaces: ['cnpg-system'] },
    upstream: {
      binary: 'cloudnative-pg',
      workload: 'controller-manager',
      account: 'cnpg-manager',
      namespaces: ['system'],
      files: [
        'config/manager/manager.yaml',
        'config/rbac/role.yaml',
        'config/rbac/role_binding.yaml',
        'config/webhook/manifests.yaml',
      ],
    },
    differences: [
      {
        reason:
          'The settings of the operator are in its Deployment: there is no ConfigMap or Secret to read.',
        upstream: [
          'argument --config-map-name=$(OPERATOR_DEPLOYMENT_NAME)-config',
          'argument --secret-name=$(OPERATOR_DEPLOYMENT_NAME)-config',
        ],
      },
      {
        reason:
          'Prometheus is configured without the operator of Prometheus, and backups need no VolumeSnapshot.',
        upstream: [
          'cluster podmonitors.monitoring.coreos.com: create delete get list patch watch',
          'cluster volumesnapshots.snapshot.storage.k8s.io: create get list patch watch',
        ],
      },
    ],
  });
  expect(found).toEqual(written);
});
