import { ChartFailure, mirrorChart } from '../../images/charts/index.ts';
import type { SupplyOptions } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { chartTitle } from '../../model/schema/helm-chart.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Copies the Helm charts of OCI registries to the mirror, from which Flux reads them. Returns the number of
 * copied charts.
 */
export async function mirrorCharts(
  { cluster, operators }: Environment,
  options: SupplyOptions,
): Promise<number> {
  if (cluster.artifacts !== 'mirror') return 0;
  let made = 0;
  for (const { chart } of operators) {
    if (chart === undefined || !('oci' in chart)) continue;
    try {
      if (await mirrorChart(chart, { ...options, registryMirror: mirrorSetting(cluster) })) made++;
    } catch (error) {
      if (!(error instanceof ChartFailure)) throw error;
      throw new Failure(`the chart ${chartTitle(chart)} could not be fetched: ${error.message}`, error.fix);
    }
  }
  return made;
}
