import type { HttpRoute } from './objects.ts';
import { condition, type Finding, inOrder } from './reading.ts';
import { rollout } from './rollout.ts';
import type { Snapshot } from './snapshot.ts';

/** An application. */
export interface AppState extends Finding {
  name: string;
  summary: string;
  /** Where it answers; empty when it is not exposed. */
  url: string;
  /** `home:0123456789ab`. */
  image: string;
  ready: number;
  wanted: number;
}

const good: Finding = { mood: 'good', message: '', since: '' };

/** What the page shows of the apps: Deployments whose author gave them a summary. */
export function appStates({ deployments, routes, warnings }: Snapshot): AppState[] {
  return inOrder(deployments.items.values())
    .filter(({ metadata }) => metadata.annotations?.['plinth.io/summary'] !== undefined)
    .map((deployment) => {
      const { metadata, spec, status } = deployment;
      const url = webAddress(metadata.annotations?.['plinth.io/url'] ?? '');
      return {
        name: metadata.name,
        summary: metadata.annotations?.['plinth.io/summary'] ?? '',
        ...(rollout(deployment, warnings.items.values()) ??
          unrouted(metadata.namespace, url, routes.items.values()) ??
          good),
        url,
        image: shortImage(spec?.template?.spec?.containers?.[0]?.image ?? ''),
        ready: status?.readyReplicas ?? 0,
        wanted: spec?.replicas ?? 1,
      };
    });
}

/** An app that runs but that the gateway does not let anyone reach. */
function unrouted(
  namespace: string | undefined,
  url: string,
  routes: Iterable<HttpRoute>,
): Finding | undefined {
  if (url === '') return undefined;
  const { hostname } = new URL(url);
  for (const { metadata, spec, status } of routes) {
    if (metadata.namespace !== namespace || !spec?.hostnames?.includes(hostname)) continue;
    for (const { conditions } of status?.parents ?? []) {
      const refused = ['Accepted', 'ResolvedRefs']
        .map((type) => condition(conditions, type))
        .find((item) => item?.status === 'False');
      if (!refused) continue;
      const message = `The gateway does not route ${hostname}: ${refused.message ?? refused.reason ?? ''}`;
      return { mood: 'bad', message, since: refused.lastTransitionTime ?? '' };
    }
  }
  return undefined;
}

/** Only what a browser should open: an annotation could also say `javascript:…`. */
function webAddress(text: string): string {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? text : '';
}

/** `registry.dev.localhost/home:0123…64 digits` becomes `home:0123…12 digits`; a digest is left out. */
function shortImage(image: string): string {
  const name = image.split('/').at(-1)?.split('@')[0] ?? '';
  return name.replace(/:([0-9a-f]{12})[0-9a-f]+$/, ':$1');
}
