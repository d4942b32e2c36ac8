import type { Lock } from '../images/lock/index.ts';
import type { App } from './app.ts';
import type { Operator } from './operator.ts';
import type { PreviewedApp } from './previews.ts';
import type { AppFile } from './reading/app-files.ts';
import type { Cluster } from './schema/cluster.ts';
import type { EncryptedSecret } from './schema/encrypted-secret.ts';
import type { Login } from './schema/external.ts';
import type { ExtraObject } from './schema/extra.ts';

/** An app as it runs in one environment: defaults filled in, the environment's overrides applied. */
export interface EnvironmentApp extends App {
  /**
   * What a pod's `image` says: the upstream reference, or for one that is built here `registry.DOMAIN/NAME:TAG@DIGEST` as it
   * was published, and `registry.DOMAIN/NAME:HASH` where it was not.
   */
  imageRef: string;
  /** The same of its migrations, `registry.DOMAIN/NAME-migrations:…`; absent where it has none. */
  migrationsRef?: string;
  /** Secrets by which it logs in to what others provide in this environment. */
  logins: readonly Login[];
  /** Its images that are built from this repository. */
  builds: readonly AppBuild[];
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
  /** The preview that it belongs to; absent for an app of the environment itself. */
  preview?: PreviewedApp;
}

/** An operator as it runs in one environment. */
export interface EnvironmentOperator extends Operator {
  /** What `extra` leads to, in its order. */
  extraObjects: readonly ExtraObject[];
}

/** An image that is built from a folder of an app. */
export interface AppBuild {
  kind: 'image' | 'migrations';
  /** Folder of its Dockerfile, from the root. */
  folder: string;
  /** The program in it that is bundled first, if any. */
  bundle: string | undefined;
  /** Values of the ARGs of its Dockerfile, by name. */
  buildArgs: Readonly<Record<string, string>>;
  /** `registry.DOMAIN/NAME:HASH`, by the hash of what goes into it now. */
  ref: string;
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
