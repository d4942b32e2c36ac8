import type { Lock } from '../images/lock/index.ts';
import type { App } from './app.ts';
import { onceEach } from './once-each.ts';
import type { Operator } from './operator.ts';
import type { Loaded } from './reading/source.ts';
import type { Cluster } from './schema/cluster.ts';
import type { EncryptedSecret } from './schema/encrypted-secret.ts';
import type { PackageLock } from './schema/package-lock.ts';
import type { Previews } from './schema/previews.ts';
import type { PublishedImages } from './schema/published-images.ts';

/** All descriptions without schema errors; the others are reported as diagnostics and missing here. */
export interface Repository {
  /** Sorted by name. */
  clusters: Loaded<Cluster>[];
  /** Sorted by name. */
  apps: Loaded<App>[];
  /** Sorted by name. */
  operators: Loaded<Operator>[];
  /** Sorted by app, environment and name. */
  secrets: LoadedSecret[];
  /** Paths of all files in folders of secrets, from the root, also of invalid ones. */
  secretFiles: ReadonlySet<string>;
  /** Published images, by environment; only environments with a publication. */
  published: Loaded<PublishedImages>[];
  /** Previews of pull requests, named by their environment; only environments with the file. */
  previews: Loaded<Previews>[];
  lock: Loaded<Lock>;
  /** Locked npm packages, for bundles. */
  packageLock: PackageLock;
  /** Names of all app folders, also of those with schema errors. */
  appNames: ReadonlySet<string>;
  /** Names of all environment folders, also of those with schema errors. */
  clusterNames: ReadonlySet<string>;
}

/** An encrypted secret of an app in one environment. */
export interface LoadedSecret extends Loaded<EncryptedSecret> {
  app: string;
  /** The environment: a folder of clusters/, if one of that name exists. */
  environment: string;
}

/** An app by its name, from an index that is built once per list. */
export function appNamed(apps: readonly Loaded<App>[], name: string): Loaded<App> | undefined {
  return byName(apps).get(name);
}

const byName = onceEach((apps: readonly Loaded<App>[]) => new Map(apps.map((app) => [app.name, app])));
