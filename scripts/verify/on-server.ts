import type { KubeConfig } from '@kubernetes/client-node';
import type { Report } from '../../images/report.ts';
import type { Problem } from '../../model/diagnostics/problem.ts';
import { loadLock } from '../../model/schema/lock.ts';
import type { Rendered } from '../render/render.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { serveDefinitions } from './definitions.ts';
import { DryRun } from './dry-run.ts';
import { ObeyedPolicies } from './policies.ts';
import { problemsOfRefusals } from './refusal-problems.ts';
import { type RefusedObject, showEnvironment, shownOf } from './show-environment.ts';

/** What an API server was shown, and what it refused. */
export interface ShownToServer {
  /** Objects of all environments. */
  shown: number;
  /** The versions of Kubernetes, one API server each. */
  versions: string[];
  problems: Problem[];
}

/** How many objects are shown at once. */
const lanes = 8;

/**
 * Shows every rendered object to a real API server of its environment's version, one after the other where there are several. The
 * servers run on this machine for as long as that takes.
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
      // Ctrl-C ends the servers as well: what they no longer answer is not what is wrong.
      signal?.throwIfAborted();
      throw error;
    } finally {
      await api?.stop();
    }
  }
  return { shown: count, versions: [...byVersion.keys()], problems: problemsOfRefusals(root, refused) };
}

function connections(config: KubeConfig): [DryRun, ...DryRun[]] {
  return [new DryRun(config), ...Array.from({ length: lanes - 1 }, () => new DryRun(config))];
}
