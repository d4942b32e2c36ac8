import { rootCertificates } from 'node:tls';
import type { Report } from '../../../images/report.ts';
import { gatewayTls } from '../../../model/gateway.ts';
import type { Environment } from '../../../model/graph.ts';
import type { Cluster } from '../../../model/schema/cluster.ts';
import { Failure } from '../../cli/failure.ts';
import type { Phase } from '../../cli/phases.ts';
import { gatewayRoots } from '../../cluster/authority-roots.ts';
import { type ClusterClient, clusterClient } from '../../cluster/client.ts';
import { reason } from '../../cluster/request.ts';
import { visit } from '../../cluster/visit.ts';
import type { WithEngine } from '../input.ts';
import { type AppUrl, urls } from '../urls.ts';

/** Waits until every app that is exposed answers through the gateway, with a certificate that is valid for it. */
export const frontPage: Phase<WithEngine> = {
  title: 'Front page answers',
  run: async ({ environment, signal }, report) => {
    for (const url of urls(environment)) await answers(url, environment, report, signal);
    return { result: {} };
  },
};

/** Waits until the gateway hands a request for that host on to an app that answers well. */
async function answers(
  { url, host, port }: AppUrl,
  { cluster }: Environment,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const client = clusterClient(cluster.name);
  const status = async (): Promise<string> => {
    const trusted = await trustedRoots(cluster, client);
    return String((await visit({ host, port, ...trusted }, '/', 5_000)).status);
  };
  const deadline = Date.now() + 60_000;
  for (let said = 'nothing'; ; said = await status().catch(reason)) {
    if (said === '200') return;
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Failure(
        `${url} answers ${said} after 60 s, not 200.`,
        'See what is wrong with: npm run status',
      );
    }
    if (said !== 'nothing') {
      report(`${url}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Trusted CAs of the gateway: its own, those of a private ACME server, or Node's. */
async function trustedRoots(cluster: Cluster, client: ClusterClient): Promise<{ roots?: string[] }> {
  const tls = gatewayTls(cluster);
  if (tls === 'authority') return { roots: await gatewayRoots(client) };
  if (tls === 'balancer' || tls.acme.roots === undefined) return {};
  return { roots: [...rootCertificates, tls.acme.roots] };
}
