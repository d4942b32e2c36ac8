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
   * The `image` of a pod: the upstream reference; for a built image `registry.DOMAIN/NAME:TAG@DIGEST` if it
   * was published, else `registry.DOMAIN/NAME:HASH`.
   */
  imageRef: string;
  /** The same for its migrations, `registry.DOMAIN/NAME-migrations:…`; absent if it has none. */
  migrationsRef?: string;
  /** Secrets with which it logs in to external services of this environment. */
  logins: readonly Login[];
  /** Its images that are built from this repository. */
  builds: readonly AppBuild[];
  /** `NAME@DIGEST` of its published images, sorted: of the version that runs and of those to which a roll-back is possible. */
  publishedImages: readonly string[];
  /** The files of `files`, sorted by path. */
  fileContents: readonly AppFile[];
  /** The objects of `extra`, in its order. */
  extraObjects: readonly ExtraObject[];
  /** Its secrets in this environment, encrypted, sorted by name. */
  secrets: EncryptedSecret[];
  /** The host name shown to people, `HOST.DOMAIN`; absent if the app is not exposed. */
  host?: string;
  /** All of its host names, sorted; empty if the app is not exposed. */
  hosts: string[];
  /** The preview that it belongs to; absent for an app of the environment itself. */
  preview?: PreviewedApp;
}

/** An operator as it runs in one environment. */
export interface EnvironmentOperator extends Operator {
  /** The objects of `extra`, in its order. */
  extraObjects: readonly ExtraObject[];
}

/** An image that is built from a folder of an app. */
export interface AppBuild {
  kind: 'image' | 'migrations';
  /** Folder of its Dockerfile, from the repository's root. */
  folder: string;
  /** The program that is bundled before the build; undefined if there is none. */
  bundle: string | undefined;
  /** Values of the ARGs of its Dockerfile, by name. */
  buildArgs: Readonly<Record<string, string>>;
  /** Build context above the folder, from the root; `.` is the root. Default: the folder. */
  context?: string;
  /** Names of the variables that the build reads as secrets. */
  secrets: readonly string[];
  /** `registry.DOMAIN/NAME:HASH`, with the hash of its current inputs. */
  ref: string;
}

/** One folder of `clusters/`, with everything that runs there. */
export interface Environment {
  /** The folder's name: `dev`. The cluster's own name is `cluster.name`. */
  name: string;
  cluster: Cluster;
  /** Sorted by name. */
  apps: EnvironmentApp[];
  /** The operators of this environment, sorted by name. */
  operators: EnvironmentOperator[];
  lock: Lock;
}
