import { networkFaults } from '../../charts/helm/network.ts';
import { releaseOf } from '../../charts/helm/release.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { ChartFailure } from '../../images/charts/index.ts';
import type { Report } from '../../images/index.ts';
import type { Diagnostic, Words } from '../../model/diagnostics/diagnostic.ts';
import type { Environment, EnvironmentOperator } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import { chartTitle, type HelmChart } from '../../model/schema/helm-chart.ts';
import { template } from './template.ts';
import type { ValueFault } from './value-faults.ts';

/** The objects of an environment's Helm charts, by operator. */
export type ChartObjects = ReadonlyMap<string, readonly KubeObject[]>;

/** An environment without charts. */
export const noCharts: ChartObjects = new Map();

/** The objects of all charts of an environment, and the diagnostics of their operators' values. */
export async function chartObjects(
  root: string,
  env: Environment,
  report: Report = () => {},
): Promise<{ charts: ChartObjects; diagnostics: Diagnostic[] }> {
  const charts = new Map<string, readonly KubeObject[]>();
  const diagnostics: Diagnostic[] = [];
  for (const operator of env.operators) {
    const { chart, name } = operator;
    if (chart === undefined) continue;
    const result = await objectsOf(operator, chart, env.cluster.kubernetes.version, report);
    if ('objects' in result) charts.set(name, result.objects);
    const file = `operators/${name}/operator.ts`;
    diagnostics.push(
      ...result.faults.map(({ path, part, words }) => ({
        file,
        ...placeInFile(root, file, path, part),
        ...words,
      })),
    );
  }
  return { charts, diagnostics };
}

interface Fault {
  path: FieldPath;
  part: 'key' | 'value';
  words: Words;
}

async function objectsOf(
  operator: EnvironmentOperator,
  chart: HelmChart,
  kubernetes: string,
  report: Report,
): Promise<{ objects?: KubeObject[]; faults: Fault[] }> {
  try {
    const result = await template(releaseOf(operator, chart), kubernetes, report);
    if ('faults' in result) return { faults: result.faults.map((fault) => valueFault(chart, fault)) };
    const { objects } = result;
    const faults = networkFaults(chart, objects).map((fault): Fault => ({ ...fault, part: 'key' }));
    return { objects, faults };
  } catch (error) {
    if (!(error instanceof ChartFailure)) throw error;
    const place = 'oci' in chart ? 'oci' : 'repository';
    const words = {
      code: 'no-chart',
      what: `the chart ${chartTitle(chart)} could not be fetched: ${error.message}`,
      why: 'its objects are checked before they are applied, and are not stored in this repository',
      fix: error.fix,
    };
    return {
      faults: [{ path: ['chart', error.part === 'place' ? place : error.part], part: 'value', words }],
    };
  }
}

function valueFault(chart: HelmChart, { path, what, unknown }: ValueFault): Fault {
  const name = ['values', ...path].join('.');
  const words = {
    code: 'chart-values',
    what: path.length === 0 ? `the chart refuses its values: ${what}` : `${name}: ${what}`,
    why: `Helm would refuse them in the cluster too: see the values of the chart ${chartTitle(chart)}`,
    fix:
      unknown === undefined
        ? 'write values that the chart accepts: see its values.yaml and values.schema.json'
        : `remove '${unknown}', or write it as in the chart's values.yaml`,
  };
  return { path: ['chart', 'values', ...path], part: unknown === undefined ? 'value' : 'key', words };
}
