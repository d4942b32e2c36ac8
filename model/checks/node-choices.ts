import type { App } from '../app.ts';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference, type Source } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { ClusterNode } from '../schema/cluster/nodes.ts';
import type { Cluster } from '../schema/cluster.ts';
import { type NodeChoice, nodesForPods, takesPod } from '../schema/node-choice.ts';

/**
 * The nodes that an app chooses must exist in every environment of the app, and some nodes must have no
 * taint.
 */
export function checkNodeChoices({ apps, clusters }: Repository): Diagnostic[] {
  return [
    ...clusters.flatMap(checkUntainted),
    ...apps.flatMap((app) =>
      clusters.flatMap((cluster) =>
        Object.hasOwn(cluster.value.apps, app.name) ? checkChoice(app, cluster) : [],
      ),
    ),
  ];
}

/** The platform's own pods tolerate no taint: with a taint on every node they would stay pending. */
function checkUntainted({ source, value: { nodes } }: Loaded<Cluster>): Diagnostic[] {
  const taking = nodesForPods(nodes);
  const tainted = taking[0];
  if (tainted === undefined || taking.some(({ taints }) => Object.keys(taints).length === 0)) return [];
  const words = {
    code: 'all-nodes-tainted',
    what: `every worker node has a taint`,
    why: 'the pods of the platform tolerate none and would stay pending',
    fix: 'remove the taints of one node, or add a node without taints',
  };
  return [diagnosticAt(source, ['nodes', nodes.indexOf(tainted), 'taints'], words, 'key')];
}

/** A node choice, with its place and the nodes of its environment. */
interface Choosing {
  app: string;
  source: Source;
  path: FieldPath;
  nodes: ClusterNode[];
  cluster: Loaded<Cluster>;
}

function checkChoice(app: Loaded<App>, cluster: Loaded<Cluster>): Diagnostic[] {
  const override = cluster.value.apps[app.name]?.nodes;
  const choice = override ?? app.value.nodes;
  if (choice === undefined) return [];
  const at: Choosing = {
    app: app.name,
    ...(override === undefined
      ? { source: app.source, path: ['nodes'] }
      : { source: cluster.source, path: ['apps', app.name, 'nodes'] }),
    nodes: nodesForPods(cluster.value.nodes),
    cluster,
  };
  const unknown = [...unknownLabels(choice, at), ...unknownTaints(choice, at)];
  if (unknown.length > 0) return unknown;
  const taking = at.nodes.filter((node) => takesPod(node, choice));
  if (taking.length === 0) return [noNode(choice, at)];
  return [...checkGpus(choice, at, taking), ...checkSpread(choice, at, taking)];
}

function unknownLabels({ labels }: NodeChoice, at: Choosing): Diagnostic[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const values = at.nodes.flatMap(({ labels: own }) => own[key] ?? []);
    if (values.includes(value)) return [];
    const keys = at.nodes.flatMap(({ labels: own }) => Object.keys(own));
    return [
      diagnostic(at, ['labels', key], {
        code: 'unknown-label',
        what: `'${at.app}' chooses nodes with the label ${key}: ${value}, which no node of ${at.cluster.name} has`,
        why: `its pods would stay pending (${nodesOf(at)})`,
        fix:
          values.length > 0
            ? suggest(value, values, `write one of ${[...new Set(values)].sort().join(', ')}`)
            : suggest(key, keys, elsewhere(at, `add labels: { ${key}: ${value} } to a node`)),
      }),
    ];
  });
}

function unknownTaints({ tolerate }: NodeChoice, at: Choosing): Diagnostic[] {
  const known = at.nodes.flatMap(({ taints }) => Object.keys(taints));
  return tolerate.flatMap((key, i) => {
    if (known.includes(key)) return [];
    return [
      diagnostic(at, ['tolerate', i], {
        code: 'unknown-taint',
        what: `'${at.app}' tolerates the taint ${key}, which no node of ${at.cluster.name} has`,
        why: `the entry has no effect (${nodesOf(at)})`,
        fix: suggest(key, known, elsewhere(at, `add taints: { ${key}: … } to a node, or remove it`)),
      }),
    ];
  });
}

function noNode(choice: NodeChoice, at: Choosing): Diagnostic {
  const labelled = at.nodes.filter((node) => takesPod({ ...node, taints: {} }, choice));
  const taints = [...new Set(labelled.flatMap(({ taints }) => Object.keys(taints)))];
  const missing = taints.filter((key) => !choice.tolerate.includes(key));
  if (labelled.length === 0) {
    return diagnostic(at, ['labels'], {
      code: 'no-node',
      what: `no node of ${at.cluster.name} has all labels that '${at.app}' chooses`,
      why: `its pods would stay pending (${nodesOf(at)})`,
      fix: 'remove one label, or add all of them to one node',
    });
  }
  return diagnostic(at, Object.keys(choice.labels).length > 0 ? ['labels'] : ['tolerate'], {
    code: 'no-node',
    what: `'${at.app}' can run only on ${labelled.map(({ name }) => name).join(', ')}, and does not tolerate ${missing.join(', ')}`,
    why: `a node with a taint accepts only pods that tolerate it (${nodesOf(at)})`,
    fix: `write tolerate: [${[...choice.tolerate, ...missing].map((key) => `'${key}'`).join(', ')}]`,
  });
}

function checkGpus({ gpus }: NodeChoice, at: Choosing, taking: ClusterNode[]): Diagnostic[] {
  return Object.entries(gpus).flatMap(([name, count]) => {
    const most = Math.max(...taking.map((node) => node.gpus[name] ?? 0));
    if (most >= count) return [];
    return [
      diagnostic(at, ['gpus', name], {
        code: 'no-gpu',
        what: `a pod of '${at.app}' needs ${count} ${name}, and a suitable node of ${at.cluster.name} has at most ${most}`,
        why: `it would stay pending (${nodesOf(at)})`,
        fix: elsewhere(at, `add gpus: { ${name}: ${count} } to a node that has them`),
      }),
    ];
  });
}

function checkSpread({ spread }: NodeChoice, at: Choosing, taking: ClusterNode[]): Diagnostic[] {
  const { over } = spread ?? {};
  if (over === undefined || taking.every(({ labels }) => Object.hasOwn(labels, over))) return [];
  const without = taking.filter(({ labels }) => !Object.hasOwn(labels, over)).map(({ name }) => name);
  return [
    diagnostic(at, ['spread', 'over'], {
      code: 'unknown-label',
      what: `the pods of '${at.app}' are spread over the label ${over}, which ${without.join(', ')} of ${at.cluster.name} does not have`,
      why: `a node without the label does not count for the spread (Kubernetes, 'Pod Topology Spread Constraints'; ${nodesOf(at)})`,
      fix: `add the label ${over} to each node that the app can run on`,
    }),
  ];
}

function diagnostic(at: Choosing, path: FieldPath, words: Words): Diagnostic {
  return diagnosticAt(at.source, [...at.path, ...path], words, 'key');
}

function nodesOf({ cluster }: Choosing): string {
  return reference(cluster.source, ['nodes']);
}

/** The fix in cluster.yaml; where app.ts has the choice, also how an environment replaces it. */
function elsewhere({ app, path }: Choosing, fix: string): string {
  return path[0] === 'apps' ? fix : `${fix}; or write ${app}: { nodes: {} } under apps for any node`;
}
