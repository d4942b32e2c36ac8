import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

it('has the rights and arguments of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream({
    component: 'metrics-server',
    ours: { workload: 'metrics-server', namespaces: [] },
    upstream: {
      binary: 'metrics-server',
      workload: 'metrics-server',
      namespaces: [],
      files: ['manifests/base/deployment.yaml', 'manifests/base/rbac.yaml'],
    },
    differences: [
      {
        reason:
          'The kubelets of Kind serve a certificate that no CA signed; clusters of other providers check it.',
        ours: ['argument --kubelet-insecure-tls'],
      },
    ],
  });
  expect(found).toEqual(written);
});
