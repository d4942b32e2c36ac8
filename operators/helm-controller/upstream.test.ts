import { expect, it } from 'vitest';
import { environment } from '../../test/charts/fixture.ts';
import { compareWithUpstream } from '../../test/upstream/compare.ts';
import { fluxComparison, looksAgainAfter, oneLease } from '../../test/upstream/flux-comparison.ts';
import { chart } from './chart.ts';

const sources = 'source.toolkit.fluxcd.io';
const releases = 'helm.toolkit.fluxcd.io';

it('gives helm-controller the rights and arguments of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream(
    fluxComparison(
      chart(environment()),
      'helm-controller',
      [
        looksAgainAfter(1),
        {
          reason:
            'It installs a chart with the rights of the ServiceAccount of that chart, not as cluster-admin.',
          upstream: ['cluster *: *', 'cluster *.*: *'],
          ours: ['own serviceaccounts: get list watch'],
        },
        {
          reason:
            'Releases and their sources are in flux-system. Releases come from Git: it makes and deletes none.',
          upstream: [
            'cluster events: create patch',
            `cluster helmcharts.${sources} ocirepositories.${sources}: get list watch`,
            `cluster helmcharts/status.${sources} ocirepositories/status.${sources}: get`,
            `cluster helmreleases.${releases}: create delete get list patch update watch`,
            `cluster helmreleases/finalizers.${releases}: create delete get patch update`,
            `cluster helmreleases/status.${releases}: get patch update`,
            'own events: create',
          ],
          ours: [
            'own events: create patch',
            `own ocirepositories.${sources}: get list watch`,
            `own helmreleases.${releases}: get list patch update watch`,
            `own helmreleases/finalizers.${releases}: patch update`,
            `own helmreleases/status.${releases}: get patch update`,
          ],
        },
        {
          reason: 'It makes the HelmChart of a release; upstream grants that by cluster-admin.',
          ours: [`own helmcharts.${sources}: create delete get list patch update watch`],
        },
        oneLease('helm-controller'),
        {
          reason: 'Up to four charts are installed at once.',
          ours: ['argument --concurrent=4'],
        },
        {
          reason: 'A release uses sources of its own namespace only.',
          ours: ['argument --no-cross-namespace-refs'],
        },
        {
          reason:
            'It does not watch the Secrets and ConfigMaps that releases name: it would have to list all of them.',
          ours: ['argument --feature-gates=DisableConfigWatchers=true'],
        },
      ],
      ['config/rbac/cluster_role.yaml', 'config/rbac/cluster_role_binding.yaml'],
    ),
  );
  expect(found).toEqual(written);
});
