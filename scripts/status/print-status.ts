import { styleText } from 'node:util';
import { table } from '../cli/table.ts';
import { inWords } from '../deploy/in-words.ts';
import type { Status } from './collect.ts';
import { driftText } from './drift-states.ts';
import { shortRevision } from './kustomization-states.ts';

/** The status as text: the reason of a problem is in the row of its name. */
export function printStatus(status: Status): string {
  const sections = [
    section(
      'Nodes',
      ['NAME', 'READY', 'ROLES', 'VERSION', 'MESSAGE'],
      status.nodes.map((node) => [
        node.name,
        mark(node.ready),
        node.roles.join(','),
        node.version,
        oneLine(node.message),
      ]),
      'none',
    ),
    section(
      'Kustomizations',
      ['NAME', 'READY', 'REVISION', 'MESSAGE'],
      status.kustomizations.map((item) => [
        item.name,
        state(item, status),
        shortRevision(item.revision) || '-',
        // For a Ready item Flux's message only repeats the revision.
        [
          ...(item.ready && !item.suspended ? [] : [oneLine(item.message)]),
          ...driftOf(item.name, status),
        ].join('; '),
      ]),
      'none: Flux is not installed, or has not read its repository yet. Continue with: npm run init-cluster',
    ),
    section(
      'Apps',
      ['NAME', 'READY', 'URL', 'IMAGE', 'MESSAGE'],
      status.apps.map((app) => [
        app.name,
        styleText(app.healthy ? 'green' : 'red', app.schedule ?? `${app.ready}/${app.wanted}`),
        app.url || '-',
        shortImage(app.image),
        oneLine(app.message),
      ]),
      'none',
    ),
    ...certificates(status),
    ...signals(status),
  ];
  const verdict = status.ready
    ? styleText('green', 'everything is Ready')
    : styleText('red', 'not everything is Ready');
  return [
    `${styleText('bold', status.cluster)} at ${status.server}: ${verdict}`,
    ...firstCauses(status),
    ...sections,
    ...remarks(status),
    `For kubectl and other tools:\n  export KUBECONFIG=${status.kubeconfig}`,
  ].join('\n\n');
}

function remarks({ drifts, missing }: Status): string[] {
  return [
    ...(drifts.length === 0
      ? []
      : [
          'Drifted: changed in the cluster, beside Git. Flux takes back what its manifests say when it looks next, at most ten minutes later, unless it is suspended.\n  Field by field: npm run diff -- --against cluster ENV',
        ]),
    ...(missing.length === 0
      ? []
      : [
          `Rendered, but not in the cluster yet: ${missing.join(', ')}.\n  Parts of observability are added by: npm run init-cluster; all others by: npm run deploy`,
        ]),
  ];
}

function state(item: Status['kustomizations'][number], { drifts }: Status): string {
  if (item.suspended) return styleText('yellow', 'suspended');
  const drifted = drifts.some(({ kustomization }) => kustomization === item.name);
  return item.ready && drifted ? styleText('yellow', 'drifted') : mark(item.ready);
}

/** The first drift of a Kustomization, and the number of others. */
function driftOf(name: string, { drifts }: Status): string[] {
  const [first, ...others] = drifts.filter(({ kustomization }) => kustomization === name);
  if (first === undefined) return [];
  return [`${driftText(first)}${others.length === 0 ? '' : `; ${others.length} more objects`}`];
}

/** Only where some wait for others: else the rows say it already. */
function firstCauses({ causes }: Status): string[] {
  if (causes.every(({ waiting }) => waiting.length === 0)) return [];
  const rows = causes.map(({ name, message, waiting }) => [
    name,
    waiting.length === 0 ? '-' : inWords(waiting),
    oneLine(message),
  ]);
  return [section('First causes', ['NAME', 'WAITING FOR IT', 'MESSAGE'], rows, 'none')];
}

/** A cluster has dozens of certificates, so only those with problems are listed. */
function certificates({ certificates: troubled }: Status): string[] {
  if (troubled.length === 0) return [];
  const rows = troubled.map(({ namespace, name, message }) => [`${namespace}/${name}`, oneLine(message)]);
  return [section('Certificates with problems', ['NAME', 'MESSAGE'], rows, 'none')];
}

/** What became of the synthetic requests; nothing without observability. */
function signals({ probe: { signals: found, trouble } }: Status): string[] {
  if (trouble !== '') return [section('Signals', [], [], oneLine(trouble))];
  if (found.length === 0) return [];
  const rows = found.map(({ signal, reached }) => [
    signal,
    mark(reached),
    reached
      ? ''
      : `no ${signal} of the last five minutes is in its store: npm run logs -- home, npm run alerts`,
  ]);
  return [section('Signals of a synthetic request', ['NAME', 'REACHED', 'MESSAGE'], rows, 'none')];
}

function section(title: string, header: string[], rows: string[][], none: string): string {
  const lines = rows.length > 0 ? table(header, rows) : [none];
  return [styleText('bold', title), ...lines.map((line) => `  ${line}`)].join('\n');
}

function mark(ready: boolean): string {
  return ready ? styleText('green', 'yes') : styleText('red', 'no');
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

/** `registry.dev.localhost/home:0123456789abcdef` becomes `home:0123456789ab`; a digest is left out. */
function shortImage(image: string): string {
  const name = image.split('/').at(-1)?.split('@')[0] ?? '';
  return name.replace(/:([0-9a-f]{12})[0-9a-f]+$/, ':$1');
}
