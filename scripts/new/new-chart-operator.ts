import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkObjects } from '../../charts/checks/check.ts';
import { Inventory } from '../../charts/checks/inventory.ts';
import { chartComponent } from '../../charts/helm/component.ts';
import { releaseAccount, releaseOf } from '../../charts/helm/release.ts';
import { field, listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { podTemplate } from '../../charts/kube/pod-template.ts';
import { ChartFailure, type ChartPlace, type FoundChart, findChart } from '../../images/charts/index.ts';
import type { Environment } from '../../model/graph.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { type OperatorInput, operatorSchema } from '../../model/operator.ts';
import type { Rule } from '../../model/schema/exception.ts';
import { helmChart } from '../../model/schema/helm-chart.ts';
import { Failure } from '../cli/failure.ts';
import { chartObjects } from '../helm/chart-objects.ts';
import { template } from '../helm/template.ts';
import { components } from '../render/components.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import type { NewFiles } from './start.ts';

type PodSecurity = 'restricted' | 'baseline' | 'privileged';
type Network = Record<string, { calls: string[]; answers: string[] }>;

/** An operator that is an upstream Helm chart with a pinned version, the flows found in its objects, and open questions. */
export async function newChartOperator(
  root: string,
  name: string,
  address: string,
  version: string | undefined,
): Promise<NewFiles> {
  if (existsSync(join(root, 'apps', name)))
    throw new Failure(`'${name}' is an app: apps/${name}`, 'Take another name.');
  if (existsSync(join(root, 'operators', name)))
    throw new Failure(`operators/${name} already exists`, 'Edit it, or take another name.');
  const place = placeOf(address);
  const found = await find(place, version);
  const chart = helmChart.safeParse({ ...place, version: found.version, digest: found.digest });
  if (!chart.success) {
    throw new Failure(
      `'${address}' is not an address of a chart with a version: ${chart.error.issues[0]?.message ?? ''}`,
      'Write --chart oci://quay.io/jetstack/charts/cert-manager, or --chart https://charts.jetstack.io/cert-manager',
    );
  }
  const { environments, diagnostics } = await loadGraph(root);
  const [env] = environments;
  if (env === undefined) throw new DiagnosticsFailure(diagnostics);
  const others = await chartObjects(root, env);
  if (others.diagnostics.length > 0) throw new DiagnosticsFailure(others.diagnostics);
  const result = await template(
    releaseOf({ name, namespace: name }, chart.data),
    env.cluster.kubernetes.version,
    progress,
  );
  if ('faults' in result) {
    throw new Failure(
      `the chart does not render with its default values: ${result.faults.map(({ path, what }) => [...path, what].join(' ')).join('; ')}`,
      'Write the operator by hand, with the values that the chart needs: docs/operators.md',
    );
  }
  const { objects } = result;
  const network = flowsIn(objects);
  const input = (podSecurity: PodSecurity): OperatorInput => ({
    name,
    summary: summaryOf(place),
    namespace: name,
    chart: { ...place, version: found.version, digest: found.digest, podSecurity, network: parsed(network) },
  });
  const rulesWith = (podSecurity: PodSecurity) => broken(env, input(podSecurity), objects, others.charts);
  const podSecurity = levelFor(rulesWith('restricted'));
  return {
    files: {
      [`operators/${name}/operator.ts`]: description(
        name,
        place,
        found,
        podSecurity,
        network,
        rulesWith(podSecurity),
      ),
    },
    changes: {},
    next: [
      `$EDITOR operators/${name}/operator.ts    # values of the chart; flows; for each exception a reason, or a value that makes it unnecessary`,
      'npm run render',
      'npm run diff    # every object of the chart',
    ],
  };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function placeOf(address: string): ChartPlace {
  if (address.startsWith('oci://')) return { oci: address };
  const slash = address.replace(/\/$/, '').lastIndexOf('/');
  return { repository: address.slice(0, slash), name: address.slice(slash + 1).replace(/\/$/, '') };
}

async function find(place: ChartPlace, version: string | undefined): Promise<FoundChart> {
  try {
    return await findChart(place, version, { report: progress });
  } catch (error) {
    if (!(error instanceof ChartFailure)) throw error;
    throw new Failure(error.message, error.fix);
  }
}

function summaryOf(place: ChartPlace): string {
  const chart = 'oci' in place ? place.oci.slice(place.oci.lastIndexOf('/') + 1) : place.name;
  return `The Helm chart ${chart}: write its purpose for the platform.`;
}

/** The rules that the chart violates without changes. */
function broken(
  env: Environment,
  input: OperatorInput,
  templated: KubeObject[],
  charts: Awaited<ReturnType<typeof chartObjects>>['charts'],
): Rule[] {
  const operator = { ...operatorSchema.parse(input), extraObjects: [] };
  const { chart } = operator;
  if (chart === undefined) return [];
  const made = chartComponent(env, operator, chart, templated);
  const inventory = new Inventory({ ...env, operators: [...env.operators, operator] }, [
    ...components(env, charts),
    made,
  ]);
  const found = checkObjects(inventory).violations.filter(
    ({ component, rule, object }) =>
      component === operator.name &&
      // helm-controller needs this right; the first chart adds it.
      !(rule === 'unused-rights' && object === `RoleBinding flux-system/${releaseAccount(operator.name)}`),
  );
  return [...new Set(found.map(({ rule }) => rule))];
}

function levelFor(rules: readonly Rule[]): PodSecurity {
  if (rules.includes('host-access')) return 'privileged';
  const refused: readonly Rule[] = ['non-root', 'capabilities', 'seccomp', 'privilege-escalation'];
  return rules.some((rule) => refused.includes(rule)) ? 'baseline' : 'restricted';
}

/** Flows found in the objects: pods with rights call the API server, and the API server calls webhooks and aggregated APIs. */
function flowsIn(objects: readonly KubeObject[]): Network {
  const network: Network = {};
  const workloads = objects.filter((object) => podTemplate(object) !== undefined);
  const subjects = objects.flatMap((object) => listField(object, 'subjects'));
  for (const workload of workloads) {
    const account = textField(podTemplate(workload), 'spec', 'serviceAccountName');
    if (subjects.some((subject) => field(subject, 'name') === account))
      flowsOf(network, workload).calls.push("{ to: 'kubernetes-api' }");
  }
  const asked = objects.flatMap((object) => [
    ...listField(object, 'webhooks').map((webhook) => field(webhook, 'clientConfig', 'service')),
    ...(object.kind === 'APIService' ? [field(object, 'spec', 'service')] : []),
  ]);
  for (const reference of new Set(asked.map((service) => textField(service, 'name')))) {
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === reference);
    const selector = Object.entries(Object(field(service, 'spec', 'selector') ?? {}));
    const workload = workloads.find((each) =>
      selector.every(([key, value]) => field(podTemplate(each), 'metadata', 'labels', key) === value),
    );
    if (service === undefined || workload === undefined) continue;
    for (const port of portsBehind(service, workload)) {
      const line = `{ to: 'kubernetes-api', port: ${port} }`;
      const { answers } = flowsOf(network, workload);
      if (!answers.includes(line)) answers.push(line);
    }
  }
  return network;
}

function flowsOf(network: Network, { metadata }: KubeObject): Network[string] {
  const flows = network[metadata.name] ?? { calls: [], answers: [] };
  network[metadata.name] = flows;
  return flows;
}

/** Pod ports of a Service, without those of metrics. */
function portsBehind(service: KubeObject, workload: KubeObject): number[] {
  const containers = listField(podTemplate(workload), 'spec', 'containers');
  const named = containers.flatMap((container) => listField(container, 'ports'));
  return listField(service, 'spec', 'ports')
    .filter((port) => !/metrics/.test(textField(port, 'name') ?? ''))
    .flatMap((port) => {
      const target = field(port, 'targetPort') ?? field(port, 'port');
      const number =
        typeof target === 'number'
          ? target
          : field(
              named.find((each) => field(each, 'name') === target),
              'containerPort',
            );
      return typeof number === 'number' ? [number] : [];
    });
}

type ChartNetwork = NonNullable<NonNullable<OperatorInput['chart']>['network']>;

function parsed(network: Network): ChartNetwork {
  return Object.fromEntries(
    Object.entries(network).map(([workload, { calls, answers }]) => [
      workload,
      {
        calls: calls.map(() => ({ to: 'kubernetes-api' as const })),
        answers: answers.map((line) => ({
          to: 'kubernetes-api' as const,
          port: Number(/port: (\d+)/.exec(line)?.[1]),
        })),
      },
    ]),
  );
}

function description(
  name: string,
  place: ChartPlace,
  { version, digest }: FoundChart,
  podSecurity: PodSecurity,
  network: Network,
  rules: readonly Rule[],
): string {
  const flows = Object.entries(network).map(([workload, { calls, answers }]) => {
    const key = /^[a-z][a-z0-9]*$/.test(workload) ? workload : `'${workload}'`;
    const lines = [
      ...(calls.length === 0 ? [] : [`        calls: [${calls.join(', ')}],\n`]),
      ...(answers.length === 0 ? [] : [`        answers: [${answers.join(', ')}],\n`]),
    ];
    return `      ${key}: {\n${lines.join('')}      },\n`;
  });
  const where =
    'oci' in place
      ? `    oci: '${place.oci}',\n`
      : `    repository: '${place.repository}',\n    name: '${place.name}',\n`;
  const reason = 'Default of the chart; its values were not reviewed yet.';
  const exceptions = rules.map((rule) => `    { rule: '${rule}', reason: '${reason}' },\n`).join('');
  return `import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: '${name}',
  summary: '${summaryOf(place)}',
  namespace: '${name}',
  chart: {
${where}    version: '${version}',
    digest: '${digest}',
    values: {},
${podSecurity === 'restricted' ? '' : `    podSecurity: '${podSecurity}',\n`}${
  flows.length === 0
    ? ''
    : `    // All other traffic of its pods is denied.\n    network: {\n${flows.join('')}    },\n`
}  },
${exceptions === '' ? '' : `  exceptions: [\n${exceptions}  ],\n`}});
`;
}
