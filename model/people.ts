import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';
import { accountsHost } from './sign-in.ts';

/**
 * The sign-in proxy in front of apps with `signIn: true`: name of its operator, its namespace and its
 * Service.
 */
export const signInProxy = 'sign-in';

/**
 * Ports of the proxy: `visitors` for requests from the gateway, `keys` for the public keys of its tokens over
 * mutual TLS, `probes` for kubelet.
 */
export const signInPorts = { visitors: 8080, keys: 8443, probes: 8081 } as const;

/** Header with the token of the signed-in person, which the proxy sends to an app. */
export const personHeader = 'x-plinth-person';

/** Whether an app requires sign-in. */
export function needsSignIn({ exposes }: Pick<App, 'exposes'>): boolean {
  return exposes?.signIn === true;
}

/** Whether an app verifies the tokens of people. */
export function verifiesPeople({ uses }: Pick<App, 'uses'>): boolean {
  return uses.some(({ kind }) => kind === 'people');
}

/**
 * An app without its optional edge to people, where the environment has no accounts or no visitor's token reaches the app.
 * `apps`: the apps of that environment.
 */
export function withoutOptionalPeople<A extends App>(
  app: A,
  { cluster, apps }: { cluster: Pick<Cluster, 'signIn'>; apps: readonly App[] },
): A {
  const isMissing = cluster.signIn === undefined || tokenAudiences({ apps }, app).length === 0;
  if (!isMissing || !app.uses.some(isOptionalPeople)) return app;
  return { ...app, uses: app.uses.filter((use) => !isOptionalPeople(use)) };
}

/** Whether an edge is one to people that an environment need not have. */
export function isOptionalPeople(use: App['uses'][number]): boolean {
  return use.kind === 'people' && use.optional === true;
}

/** Whether an app reads and deletes people by the directory of the proxy. */
export function managesPeople({ uses }: Pick<App, 'uses'>): boolean {
  return uses.some((use) => use.kind === 'people' && use.manage === true);
}

/** Host of the sign-in pages; undefined if the environment has no accounts. */
export function pagesHost(cluster: Pick<Cluster, 'signIn' | 'domain'>): string | undefined {
  return cluster.signIn === undefined ? undefined : accountsHost(cluster);
}

/**
 * Audiences that an app accepts in tokens, sorted: itself if it requires sign-in, and its callers that do,
 * because a caller forwards the token of its visitor.
 */
export function tokenAudiences({ apps }: { apps: readonly App[] }, app: Pick<App, 'name'>): string[] {
  return apps
    .filter(needsSignIn)
    .filter(
      ({ name, uses }) => name === app.name || uses.some((use) => use.kind === 'app' && use.app === app.name),
    )
    .map(({ name }) => name)
    .sort();
}
