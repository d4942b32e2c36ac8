import type { App } from './app.ts';
import type { Cluster } from './cluster.ts';
import type { Lock } from './lock.ts';
import type { Operator } from './operator.ts';
import type { Problem } from './problem.ts';

/** An app as it runs in one environment: defaults filled in, the environment's overrides applied. */
export interface EnvironmentApp extends App {
  /** What a pod's `image` says: the upstream reference, or `registry.DOMAIN/NAME:HASH` for one that is built here. */
  imageRef: string;
  /** The host name at which it answers, `HOST.DOMAIN`; absent where the app exposes nothing. */
  host?: string;
}

/** One folder of `clusters/`, with everything that runs there. */
export interface Environment {
  /** The folder's name: `dev`. The cluster's own name is `cluster.name`. */
  name: string;
  cluster: Cluster;
  /** Sorted by name. */
  apps: EnvironmentApp[];
  /** Those that run here, sorted by name. */
  operators: Operator[];
  lock: Lock;
}

/** What a repository describes, or everything that is wrong with it. */
export interface Graph {
  /** Sorted by name; empty where there is a problem. */
  environments: Environment[];
  /** Sorted. */
  problems: Problem[];
}

/**
 * Reads `clusters/`, `apps/`, `operators/` and `images/lock.yaml` below `root` and joins them.
 * What people wrote wrongly comes back as problems, all of them at once; it throws only where the disk fails.
 */
export async function loadGraph(root: string): Promise<Graph> {
  throw new Error(`not yet: ${root}`);
}
