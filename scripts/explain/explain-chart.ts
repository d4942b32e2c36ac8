import { styleText } from 'node:util';
import { type AccessRule, accessFor } from '../../charts/helm/access.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { order } from '../../charts/order/order.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import type { Environment, EnvironmentOperator } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import { chartTitle, type HelmChart } from '../../model/schema/helm-chart.ts';
import type { ChartObjects } from '../helm/chart-objects.ts';
import { components } from '../render/components.ts';
import { fileNames } from '../render/manifests.ts';

/** Everything derived for an operator with a Helm chart. */
export interface ChartExplanation {
  operator: string;
  environment: string;
  summary: string;
  chart: string;
  digest: string;
  place: string;
  /** Objects that helm-controller creates. */
  templated: string[];
  /** Objects that are rendered around them, with their files. */
  objects: { object: string; file: string }[];
  /** Rights of the release's account: `everywhere`, or in a namespace. */
  access: { where: string; may: string }[];
  /** Declared flows; all others are denied. */
  flows: string[];
  after: { waitsFor: string; object: string; need: string }[];
  exceptions: { rule: string; reason: string }[];
}

/** Explains an operator with a chart, in an environment without diagnostics. */
export function explainChart(
  root: string,
  env: Environment,
  operator: EnvironmentOperator,
  chart: HelmChart,
  charts: ChartObjects,
): ChartExplanation {
  const { name, namespace, exceptions } = operator;
  const templated = charts.get(name) ?? [];
  const rendered = components(env, charts);
  const own = rendered.find((component) => component.name === name)?.objects ?? [];
  const kustomization = order(env, rendered).kustomizations.find((each) => each.name === name);
  const file = `operators/${name}/operator.ts`;
  const { cluster, namespaces } = accessFor(namespace, templated);
  return {
    operator: name,
    environment: env.name,
    summary: operator.summary,
    chart: chartTitle(chart),
    digest: chart.digest,
    place: `${file}:${placeInFile(root, file, ['chart'], 'key').line}`,
    templated: templated.map(objectId).sort(compareText),
    objects: [...fileNames([...own])].map(([path, object]: [string, KubeObject]) => ({
      object: objectId(object),
      file: `manifests/${env.name}/${name}/${path}`,
    })),
    access: [
      ...cluster.map((rule) => ({ where: 'everywhere', may: inWords(rule) })),
      ...[...namespaces].flatMap(([where, rules]) => rules.map((rule) => ({ where, may: inWords(rule) }))),
    ],
    flows: Object.entries(chart.network).flatMap(([workload, { calls, answers }]) => [
      ...calls.map(
        ({ to, port }) => `${workload} calls ${peerName(to)}${port === undefined ? '' : `, port ${port}`}`,
      ),
      ...answers.map(({ to, port }) => `${peerName(to)} calls ${workload}, port ${port}`),
    ]),
    after: (kustomization?.dependsOn ?? []).map((waitsFor) => ({
      waitsFor,
      object: kustomization?.reasons.get(waitsFor)?.object ?? '',
      need: kustomization?.reasons.get(waitsFor)?.need ?? '',
    })),
    exceptions: exceptions.map(({ rule, reason }) => ({ rule, reason })),
  };
}

function inWords({ verbs, resources = [], resourceNames = [], nonResourceURLs = [] }: AccessRule): string {
  const names = resourceNames.length === 0 ? '' : ` ${resourceNames.join(', ')}`;
  return `${verbs.join(', ')} ${[...resources, ...nonResourceURLs].join(', ')}${names}`;
}

function peerName(peer: HelmChart['network'][string]['calls'][number]['to']): string {
  if (typeof peer === 'string') return peer === 'anybody' ? 'anybody' : 'the API server';
  return peer.workload === undefined
    ? `every pod of ${peer.namespace}`
    : `${peer.namespace}/${peer.workload}`;
}

/** Text for a terminal. */
export function printChart(it: ChartExplanation): string {
  const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
  const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
  const part = (title: string, lines: string[]) => [
    '',
    bold(title),
    ...(lines.length === 0 ? ['  none'] : lines),
  ];
  const lines = [
    `${bold(it.operator)} in ${it.environment}: ${it.summary}`,
    `  chart     ${it.chart}  ${dim(it.place)}`,
    `  digest    ${it.digest}`,
    ...part(
      'helm-controller makes',
      it.templated.map((object) => `  + ${object}`),
    ),
    ...part(
      'rights of its account',
      it.access.map(({ where, may }) => `  ${where}: ${may}`),
    ),
    ...part(
      'allowed flows',
      it.flows.map((flow) => `  ${flow}`),
    ),
    ...part(
      'rendered around it',
      it.objects.map(({ object, file }) => `  + ${object}  ${dim(file)}`),
    ),
    ...part(
      'Flux applies it after',
      it.after.map(({ waitsFor, object, need }) => `  ${waitsFor}: ${object} needs ${need}`),
    ),
    ...part(
      'exceptions from rules',
      it.exceptions.map(({ rule, reason }) => `  ${rule}: ${reason}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
