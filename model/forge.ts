import type { Cluster } from './schema/cluster.ts';
import { type ForgeKind, type ForgeSettings, forgeReceiverKeys } from './schema/forge.ts';

/** The receiver of a forge's pushes: its operator, its namespace, its account and its Service. */
export const receiverName = 'receiver';

/** The part of a forge's API that has one repository. */
export interface ForgeApi {
  kind: ForgeKind;
  /** Address of the API, without a trailing slash. */
  api: string;
  /** `OWNER/NAME`; on GitLab with all groups. */
  project: string;
}

type GitSource = Extract<Cluster['source'], { kind: 'git' }>;

/** The forge of a source; undefined if cluster.yaml names none. */
export function forgeApi({ url, forge }: Pick<GitSource, 'url' | 'forge'>): ForgeApi | undefined {
  if (forge === undefined) return undefined;
  const { protocol, host, hostname, pathname } = new URL(url);
  // The port of SSH is not that of the API.
  const api = forge.api ?? defaultApi(forge.kind, protocol === 'ssh:' ? hostname : host);
  return { kind: forge.kind, api, project: pathname.replace(/^\/+|\.git$|\/+$/g, '') };
}

function defaultApi(kind: ForgeKind, host: string): string {
  if (kind === 'gitlab') return `https://${host}/api/v4`;
  if (kind === 'gitea') return `https://${host}/api/v1`;
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`;
}

/** The receiver of an environment, with the forge that calls it. */
export interface ForgeReceiver {
  forge: ForgeApi;
  /** Branch whose pushes it takes. */
  branch: string;
  settings: NonNullable<ForgeSettings['receiver']>;
}

/** The receiver of an environment; undefined if cluster.yaml has none. */
export function forgeReceiver({ source }: Pick<Cluster, 'source'>): ForgeReceiver | undefined {
  if (source.kind !== 'git') return undefined;
  const forge = forgeApi(source);
  const settings = source.forge?.receiver;
  return forge === undefined || settings === undefined
    ? undefined
    : { forge, branch: source.branch, settings };
}

/** The Secret that a receiver reads, with the keys that it needs. */
export function receiverSecret({ settings }: Pick<ForgeReceiver, 'settings'>): {
  name: string;
  keys: string[];
} {
  const { webhook, status } = forgeReceiverKeys;
  return { name: settings.secret, keys: settings.status === true ? [status, webhook] : [webhook] };
}

/** The host at which the gateway leads to the receiver; undefined if there is none. */
export function hooksHost(cluster: Pick<Cluster, 'source' | 'domain'>): string | undefined {
  return forgeReceiver(cluster) === undefined ? undefined : `hooks.${cluster.domain}`;
}
