import type { KubeConfig } from '@kubernetes/client-node';
import type { Report } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { Rendered } from '../render/render.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { serveDefinitions } from './definitions.ts';
import { DryRun } from './dry-run.ts';
import { ObeyedPolicies } from './policies.ts';
import { diagnosticsOfRefusals } from './refusal-diagnostics.ts';
import { type RefusedObject, showEnvironment, shownOf } from './show-environment.ts';

/** Number of objects checked by API servers, and refusals. */
export interface ShownToServer {
  /** Number of objects of all environments. */
  shown: number;
  /** The versions of Kubernetes, one API server each. */
  versions: string[];
  diagnostics: Diagnostic[];
}

/** Number of parallel requests. */
const lanes = 8;

/**
 * Checks every rendered object with a real API server of its environment's version; several versions run one after the other. The
 * servers run on this machine during the check.
 */
export async function verifyOnServer(
  root: string,
  { environments, files, charts }: Rendered,
  definitions: readonly unknown[],
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<ShownToServer> {
  const byVersion = Map.groupBy(environments, ({ cluster }) => cluster.kubernetes.version);
  const refused: RefusedObject[] = [];
  let count = 0;
  for (const [version, of] of byVersion) {
    report(`starting etcd and kube-apiserver ${version}`);
    let api: ApiServer | undefined;
    try {
      api = await startApiServer(version, { lock: loadLock(), report });
      const { config } = api;
      await serveDefinitions(config, definitions);
      const servers = connections(config);
      const policies = new ObeyedPolicies(servers[0]);
      for (const env of of) {
        signal?.throwIfAborted();
        const shown = shownOf(env, files, charts.get(env.name));
        report(`${env.name}: ${shown.length} objects`);
        refused.push(...(await showEnvironment(servers, policies, shown)));
        count += shown.length;
      }
    } catch (error) {
      // Ctrl-C also stops the servers, so missing answers are not refusals.
      signal?.throwIfAborted();
      throw error;
    } finally {
      await api?.stop();
    }
  }
  return { shown: count, versions: [...byVersion.keys()], diagnostics: diagnosticsOfRefusals(root, refused) };
}

function connections(config: KubeConfig): [DryRun, ...DryRun[]] {
  return [new DryRun(config), ...Array.from({ length: lanes - 1 }, () => new DryRun(config))];
}
