/** What the ConfigMap says. */
export interface SignInConfig {
  /** Origin of the pages of accounts; the issuer of tokens. */
  accounts: string;
  /** Origin of Kratos' public API in the cluster. */
  kratos: string;
  /** Origin of Kratos' admin API; none where no app manages people. */
  kratosAdmin?: string;
  /** Apps that may read and delete people, by the name in their certificate. */
  managers: string[];
  /** Name of the app that keeps organisations and roles; none: nobody has any. */
  rights?: string;
  /** Name of the cookie of a session that Kratos sets for its own host. */
  kratosCookie: string;
  /** Name that resolves to the address of every replica. */
  replicas: string;
  /** Name that the certificate of every replica has. */
  replicaName: string;
  /** Origins of the providers of OpenID Connect to which a sign-in leads. */
  providers: string[];
  apps: AppConfig[];
}

/** An app that only people who are signed in reach. */
export interface AppConfig {
  /** Its name: the audience of its tokens. */
  name: string;
  /** Its origins as visitors see them, `https://shop.example.org:8443`; the first is the one that is shown. */
  origins: string[];
  /** Host of its Service. */
  service: string;
  /** Where paths lead, the longest first; the last is `/`. */
  paths: PathConfig[];
}

export interface PathConfig {
  /** Leads with all paths below it, as a PathPrefix of the Gateway API does. */
  path: string;
  port: number;
  /** Whether the app asks for a certificate at this port. */
  mutual: boolean;
}

/** Where a path of a request leads; `path` has no query. */
export function portOf({ paths }: AppConfig, path: string): PathConfig | undefined {
  return paths.find(
    ({ path: prefix }) =>
      prefix === '/' || path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`),
  );
}
