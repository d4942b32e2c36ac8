import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';
import { fluxComparison, looksAgainAfter, oneLease } from '../../test/upstream/flux-comparison.ts';

const kinds = (path = ''): string =>
  ['buckets', 'gitrepositories', 'helmcharts', 'helmrepositories', 'ocirepositories']
    .map((kind) => `${kind}${path}.source.toolkit.fluxcd.io`)
    .join(' ');

it('gives source-controller the rights and arguments of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream(
    fluxComparison('flux', 'source-controller', [
      looksAgainAfter(1),
      {
        reason:
          'Sources and the Secrets that they name are in flux-system. Sources come from Git: their controller makes and deletes none.',
        upstream: [
          `cluster ${kinds()}: create delete get list patch update watch`,
          `cluster ${kinds('/finalizers')}: create delete get patch update`,
          `cluster ${kinds('/status')}: get patch update`,
          'cluster events: create patch',
          'cluster secrets: get list watch',
          'own events: create',
        ],
        ours: [
          `own ${kinds()}: get list patch update watch`,
          `own ${kinds('/finalizers')}: patch update`,
          `own ${kinds('/status')}: get patch update`,
          'own events: create patch',
          'own secrets: get',
        ],
      },
      {
        reason: 'No source takes the rights of a ServiceAccount.',
        upstream: ['cluster serviceaccounts: get list watch', 'cluster serviceaccounts/token: create'],
      },
      oneLease('source-controller'),
      {
        reason: 'A repository that answers again is read within 15 s; the default waits up to 15 minutes.',
        ours: ['argument --max-retry-delay=15s'],
      },
      {
        reason: 'The default, written out beside the port of the container.',
        ours: ['argument --storage-addr=:9090'],
      },
    ]),
  );
  expect(found).toEqual(written);
});

it('gives kustomize-controller the rights and arguments of upstream, except for the listed differences', async () => {
  const sources = (path = ''): string =>
    ['buckets', 'gitrepositories', 'ocirepositories']
      .map((kind) => `${kind}${path}.source.toolkit.fluxcd.io`)
      .join(' ');
  const { found, written } = await compareWithUpstream(
    fluxComparison(
      'flux',
      'kustomize-controller',
      [
        looksAgainAfter(5),
        {
          reason:
            'Both are bound to cluster-admin, which includes these rights: manifests in Git may hold any object',
          upstream: [
            `cluster ${sources()}: get list watch`,
            `cluster ${sources('/status')}: get`,
            'cluster configmaps secrets serviceaccounts: get list watch',
            'cluster events: create patch',
            'cluster kustomizations.kustomize.toolkit.fluxcd.io: create delete get list patch update watch',
            'cluster kustomizations/finalizers.kustomize.toolkit.fluxcd.io: create delete get patch update',
            'cluster kustomizations/status.kustomize.toolkit.fluxcd.io: get patch update',
            'cluster serviceaccounts/token: create',
            'own configmaps: create delete get list patch update watch',
            'own configmaps/status: get patch update',
            'own events: create',
            'own leases.coordination.k8s.io: create delete get list patch update watch',
          ],
        },
        {
          reason:
            'A Kustomization that waits for its objects holds a worker: more workers than Kustomizations.',
          ours: ['argument --concurrent=32'],
        },
        {
          reason: 'Everything that is applied is in Git; nothing is fetched during a build.',
          ours: ['argument --no-remote-bases', 'argument --no-cross-namespace-refs'],
        },
        {
          reason:
            'A commit that repairs a broken one is applied at once; Kustomizations read artifacts of folders.',
          ours: ['argument --feature-gates=CancelHealthCheckOnNewRevision=true,ExternalArtifact=true'],
        },
      ],
      ['config/rbac/cluster_role_binding.yaml'],
    ),
  );
  expect(found).toEqual(written);
});
