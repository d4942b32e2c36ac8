/** Content of the ConfigMap. */
export interface SignInConfig {
  /** Origin of the pages of accounts; the issuer of tokens. */
  accounts: string;
  /** Origin of Kratos' public API in the cluster. */
  kratos: string;
  /** Idle connections of a Kratos pod to its database. */
  kratosConnections: number;
  /** Origin of Kratos' admin API; absent if no app manages people. */
  kratosAdmin?: string;
  /** Apps that may read and delete people, by the name in their certificate. */
  managers: string[];
  /** Name of the app with organisations and roles. Default: none. */
  rights?: string;
  /** Name of the cookie of a session that Kratos sets for its own host. */
  kratosCookie: string;
  /** Name that resolves to the address of every replica. */
  replicas: string;
  /** Name that the certificate of every replica has. */
  replicaName: string;
  /** Origins of the OpenID Connect providers. */
  providers: string[];
  apps: AppConfig[];
}

/** An app that requires a sign-in. */
export interface AppConfig {
  /** Its name: the audience of its tokens. */
  name: string;
  /** Public origins, such as `https://shop.example.org:8443`; the first is the main one. */
  origins: string[];
  /** Host of its Service. */
  service: string;
  /** Ports by path, longest path first; the last is `/`. */
  paths: PathConfig[];
}

export interface PathConfig {
  /** Matches itself and all paths below, like a PathPrefix of the Gateway API. */
  path: string;
  port: number;
  /** Whether the port requires a client certificate. */
  mutual: boolean;
}

/** The port for a request path; `path` has no query. */
export function portOf({ paths }: AppConfig, path: string): PathConfig | undefined {
  return paths.find(
    ({ path: prefix }) =>
      prefix === '/' || path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`),
  );
}
