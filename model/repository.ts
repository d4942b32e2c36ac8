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

/** All descriptions that fit their schema; others are problems and missing here. */
export interface Repository {
  /** Sorted by name. */
  clusters: Loaded<Cluster>[];
  /** Sorted by name. */
  apps: Loaded<App>[];
  /** Sorted by name. */
  operators: Loaded<Operator>[];
  /** Sorted by app, environment and name. */
  secrets: LoadedSecret[];
  /** Paths of all files of secrets, from the root, also of those that do not fit the schema. */
  secretFiles: ReadonlySet<string>;
  /** Published images, named by their environment; only environments with a publication. */
  published: Loaded<PublishedImages>[];
  /** Previews of pull requests, named by their environment; only environments with the file. */
  previews: Loaded<Previews>[];
  lock: Loaded<Lock>;
  /** What apps that are bundled may hold. */
  packageLock: PackageLock;
  /** Names of all described apps, also of those that do not fit the schema. */
  appNames: ReadonlySet<string>;
  /** The same of environments. */
  clusterNames: ReadonlySet<string>;
}

/** An encrypted secret of an app in one environment. */
export interface LoadedSecret extends Loaded<EncryptedSecret> {
  app: string;
  /** A folder of clusters/, if one of that name exists. */
  environment: string;
}

/** An app by its name: lists are long, and every edge asks. */
export function appNamed(apps: readonly Loaded<App>[], name: string): Loaded<App> | undefined {
  return byName(apps).get(name);
}

const byName = onceEach((apps: readonly Loaded<App>[]) => new Map(apps.map((app) => [app.name, app])));
