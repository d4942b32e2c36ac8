import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';
import { accountsHost } from './sign-in.ts';

/** The proxy before the apps that only people who are signed in may reach: its operator, its namespace and its Service. */
export const signInProxy = 'sign-in';

/** Ports of the proxy: requests of visitors, which the gateway brings, and the keys of its tokens, over mutual TLS. */
export const signInPorts = { visitors: 8080, keys: 8443, probes: 8081 } as const;

/** Header with the token of the person who asks, as the proxy hands it to an app. */
export const personHeader = 'x-plinth-person';

/** Whether only people who are signed in reach an app. */
export function needsSignIn({ exposes }: Pick<App, 'exposes'>): boolean {
  return exposes?.signIn === true;
}

/** Whether an app verifies the tokens by which requests carry a person. */
export function verifiesPeople({ uses }: Pick<App, 'uses'>): boolean {
  return uses.some(({ kind }) => kind === 'people');
}

/** Whether an app reads and deletes people by the directory of the proxy. */
export function managesPeople({ uses }: Pick<App, 'uses'>): boolean {
  return uses.some((use) => use.kind === 'people' && use.manage === true);
}

/** Host of the pages on which people sign in; undefined where the environment has no accounts. */
export function pagesHost(cluster: Pick<Cluster, 'signIn' | 'domain'>): string | undefined {
  return cluster.signIn === undefined ? undefined : accountsHost(cluster);
}

/**
 * Apps whose tokens an app takes, sorted: its own where it needs a sign-in itself, and those of its callers that do, since a
 * caller hands the token of its visitor on.
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
