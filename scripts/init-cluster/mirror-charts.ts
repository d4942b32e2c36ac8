import { ChartFailure, mirrorChart } from '../../images/charts/index.ts';
import type { SupplyOptions } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { mirrorSetting } from '../../model/schema/cluster.ts';
import { chartTitle } from '../../model/schema/helm-chart.ts';
import { Failure } from '../cli/failure.ts';

/** Has the Helm charts of registries in the mirror registry, where Flux reads them there. Returns how many were not. */
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
      throw new Failure(`the chart ${chartTitle(chart)} could not be had: ${error.message}`, error.fix);
    }
  }
  return made;
}
