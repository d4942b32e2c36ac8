import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { fewErrors } from '../../charts/kube/names.ts';
import type { GateConfig } from '../../operators/rollout-gate/program/config.ts';
import { start } from '../../operators/rollout-gate/program/main.ts';
import type { Pod, PodCondition, ReplicaSet } from '../../operators/rollout-gate/program/pods.ts';

/** For tests: a pod of a version, ready for so many seconds, with its gate open. */
export function podOf(
  hash: string,
  given: { name?: string; readyFor?: number; gate?: 'True' | 'False' | 'none'; gates?: string[] } = {},
): Pod {
  const { name = `orders-${hash}-1`, readyFor, gate = 'True', gates = [fewErrors] } = given;
  const lastTransitionTime = new Date(Date.now() - (readyFor ?? 0) * 1_000).toISOString();
  return {
    metadata: { name, uid: `uid-${name}`, labels: { 'pod-template-hash': hash } },
    spec: { readinessGates: gates.map((conditionType) => ({ conditionType })) },
    status: {
      conditions: [
        { type: 'Ready', status: readyFor === undefined ? 'False' : 'True', lastTransitionTime },
        ...(gate === 'none' ? [] : [{ type: fewErrors, status: gate }]),
      ],
    },
  };
}

/** For tests: the ReplicaSet of a version. */
export function replicaSetOf(hash: string, revision: number): ReplicaSet {
  return {
    metadata: {
      labels: { 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
  };
}

/** Spans of each pod at a time in milliseconds; undefined where Prometheus is away. */
type Spans = (at: number) => Record<string, { good: number; failed: number }> | undefined;

/** For tests: the program with an API server and a Prometheus that answer as told, on free ports of this machine. */
export async function gateWorld(given: {
  pods?: Pod[];
  replicaSets?: ReplicaSet[];
  spans?: Spans;
  /** Statuses of the API server's answers to PATCH, in their order; then 200. */
  patches?: number[];
}) {
  const { replicaSets = [], patches = [] } = given;
  const pods = new Map((given.pods ?? []).map((pod) => [pod.metadata.name, pod]));
  const patched: { path: string; condition: PodCondition }[] = [];
  const queries: string[] = [];
  const watches = new Set<ServerResponse>();
  const change = (object: Pod, type: 'ADDED' | 'MODIFIED' | 'DELETED' = 'MODIFIED') => {
    if (type === 'DELETED') pods.delete(object.metadata.name);
    else pods.set(object.metadata.name, object);
    for (const each of watches) each.write(`${JSON.stringify({ type, object })}\n`);
  };
  const api = await listening(async (request, response) => {
    const { method = '', url = '' } = request;
    if (url.includes('watch=1')) {
      watches.add(response);
      response.on('close', () => watches.delete(response));
      response.writeHead(200).flushHeaders();
      return;
    }
    if (method === 'PATCH') {
      const { metadata, status } = JSON.parse(await text(request));
      const code = patches.shift() ?? 200;
      if (code === 200) {
        const [path = ''] = url.split('?');
        const [condition] = status.conditions;
        patched.push({ path: `${path} ${metadata.uid}`, condition });
        const pod = pods.get(path.split('/').at(-2) ?? '');
        if (pod !== undefined) change(withCondition(pod, condition));
      }
      response.writeHead(code).end('{}');
      return;
    }
    const items = url.includes('/replicasets') ? replicaSets : [...pods.values()];
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
  });
  const prometheus = await listening(async (request, response) => {
    const asked = new URLSearchParams(await text(request));
    queries.push(asked.get('query') ?? '');
    const spans = given.spans?.(Number(asked.get('time')) * 1_000);
    if (spans === undefined) return void response.writeHead(503).end('starting');
    const result = Object.entries(spans).flatMap(([pod, { good, failed }]) =>
      (
        [
          ['STATUS_CODE_UNSET', good],
          ['STATUS_CODE_ERROR', failed],
        ] as const
      ).map(([status_code, value]) => ({
        metric: { k8s_pod_name: pod, status_code },
        value: [0, String(value)],
      })),
    );
    response.end(JSON.stringify({ data: { result } }));
  });
  const said: string[] = [];
  const config: GateConfig = {
    condition: fewErrors,
    prometheus,
    series: 'calls',
    apps: [
      { name: 'orders', namespace: 'orders', selector: 'app=orders', watchSeconds: 120, most: 5, from: 10 },
    ],
  };
  const running = await start(config, {
    kubernetes: { api, token: () => 'token-of-the-pod' },
    port: 0,
    pauses: { look: 20, first: 10, longest: 20 },
    log: (level, message, fields = {}) => void said.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
  onTestFinished(() => running.stop());
  return {
    patched,
    queries,
    said,
    watches,
    running,
    url: `http://127.0.0.1:${running.port}`,
    change,
  };
}

/** The pod as it is after a patch, and after the kubelet has seen that its gate is closed. */
function withCondition(pod: Pod, condition: PodCondition): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const closed = condition.status === 'False';
  return {
    ...pod,
    status: {
      conditions: [
        ...others.map((each) =>
          closed && each.type === 'Ready' ? { ...each, status: 'False' as const } : each,
        ),
        condition,
      ],
    },
  };
}

async function listening(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
