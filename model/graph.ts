import type { App } from './app.ts';
import type { Operator } from './operator.ts';
import type { AppFile } from './reading/app-files.ts';
import type { Cluster } from './schema/cluster.ts';
import type { EncryptedSecret } from './schema/encrypted-secret.ts';
import type { ExtraObject } from './schema/extra.ts';
import type { Lock } from './schema/lock.ts';

/** An app as it runs in one environment: defaults filled in, the environment's overrides applied. */
export interface EnvironmentApp extends App {
  /** What a pod's `image` says: the upstream reference, or `registry.DOMAIN/NAME:HASH` for one that is built here. */
  imageRef: string;
  /** The image of its migrations, `registry.DOMAIN/NAME-migrations:HASH`; absent where it has none. */
  migrationsRef?: string;
  /** What `files` leads to, sorted by path. */
  fileContents: readonly AppFile[];
  /** What `extra` leads to, in its order. */
  extraObjects: readonly ExtraObject[];
  /** Its secrets in this environment, encrypted, sorted by name. */
  secrets: EncryptedSecret[];
  /** The host name that is shown to people, `HOST.DOMAIN`; absent where the app exposes nothing. */
  host?: string;
  /** All of its host names, sorted; none where the app exposes nothing. */
  hosts: string[];
}

/** An operator as it runs in one environment. */
export interface EnvironmentOperator extends Operator {
  /** What `extra` leads to, in its order. */
  extraObjects: readonly ExtraObject[];
}

/** One folder of `clusters/`, with everything that runs there. */
export interface Environment {
  /** The folder's name: `dev`. The cluster's own name is `cluster.name`. */
  name: string;
  cluster: Cluster;
  /** Sorted by name. */
  apps: EnvironmentApp[];
  /** Those that run here, sorted by name. */
  operators: EnvironmentOperator[];
  lock: Lock;
}
