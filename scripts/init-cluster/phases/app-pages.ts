import { rootCertificates } from 'node:tls';
import type { Report } from '../../../images/index.ts';
import { gatewayTls } from '../../../model/gateway.ts';
import type { Environment } from '../../../model/graph.ts';
import type { Cluster } from '../../../model/schema/cluster.ts';
import { Failure } from '../../cli/failure.ts';
import type { Phase } from '../../cli/phases.ts';
import { gatewayRoots } from '../../cluster/authority-roots.ts';
import { type ClusterClient, clusterClient } from '../../cluster/client.ts';
import { reason } from '../../cluster/request.ts';
import { visit } from '../../cluster/visit.ts';
import { waitForSync } from '../../flux/sync.ts';
import type { WithEngine } from '../input.ts';
import { type AppUrl, urls } from '../urls.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/** Waits until the first of the exposed apps is Ready and answers; in dev that is the front page. */
export const firstApp: Phase<WithEngine & PushedManifests> = {
  title: 'First page answers',
  run: async (given, report) => {
    const { environment, signal } = given;
    const exposed = urls(environment);
    if (exposed.length === 0) return { result: {}, unchanged: 'no app is exposed' };
    const any = exposed.map(({ app }) => app);
    const ready = await waitForSync({ ...given, manifests: given.pushed, report, any });
    const first = exposed.find(({ app }) => ready.includes(app));
    if (first === undefined) throw new Error(`none of ${any.join(', ')} is Ready`);
    await answers(first, environment, report, signal);
    return { result: {}, found: first.url };
  },
};

/** Seconds from ready pods to a gateway that routes to them; a machine with busy processors needs more than a minute. */
const patience = 240;

/** Waits until every exposed app answers through the gateway with a valid certificate. */
export const allApps: Phase<WithEngine> = {
  title: 'All pages answer',
  run: async ({ environment, signal }, report) => {
    for (const url of urls(environment)) await answers(url, environment, report, signal);
    return { result: {} };
  },
};

/** Waits until the gateway routes requests for a host to the app, or to the sign-in proxy. */
async function answers(
  { url, host, port, ready }: AppUrl,
  { cluster }: Environment,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const client = clusterClient(cluster.name);
  const served = async (): Promise<string> => {
    const place = { host, port, ...(await trustedRoots(cluster, client)) };
    const answer = await visit(place, '/', 5_000);
    // An app may have no page at '/' and answer like the gateway; then its readiness path is requested.
    const probed = isOfGateway(answer) && ready !== undefined ? await visit(place, ready, 5_000) : answer;
    return isOfGateway(probed) ? `${probed.status} from the gateway` : '';
  };
  const deadline = Date.now() + patience * 1000;
  for (let said = 'nothing'; ; said = await served().catch(reason)) {
    if (said === '') return;
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Failure(
        `${url} does not reach its app after ${patience} s: ${said}.`,
        'For the reason: npm run status',
      );
    }
    if (said !== 'nothing') {
      report(`${url}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/**
 * Whether the gateway itself answered, because a route or the app is missing; any other status comes from the
 * app.
 */
export function isOfGateway({ status, body }: { status: number; body: string }): boolean {
  return [502, 503, 504].includes(status) || (status === 404 && body === '404 page not found\n');
}

/** Trusted CAs of the gateway: its own, those of a private ACME server, or Node's. */
async function trustedRoots(cluster: Cluster, client: ClusterClient): Promise<{ roots?: string[] }> {
  const tls = gatewayTls(cluster);
  if (tls === 'authority') return { roots: await gatewayRoots(client) };
  if (tls === 'balancer' || tls.acme.roots === undefined) return {};
  return { roots: [...rootCertificates, tls.acme.roots] };
}
