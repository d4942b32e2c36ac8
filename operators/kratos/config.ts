import { serverFiles } from '../../charts/observability/mutual-identity.ts';
import type { Environment } from '../../model/graph.ts';
import { accountsOperator } from '../../model/schema/database.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import type { SignIn } from '../../model/schema/sign-in.ts';
import { accountsHost, accountsUrl, sessionCookie, signInPages } from '../../model/sign-in.ts';
import { mailedMinutes, mailTemplates } from './mails.ts';
import { oidcProvider } from './providers.ts';

/** Folder in which the pods mount Kratos' files. */
export const configFolder = '/etc/kratos';

/** Ports of Kratos' two APIs, which are also those of its Service. */
export const kratosPorts = { public: 4433, admin: 4434 } as const;

const codeLifespan = `${mailedMinutes}m`;

type Cluster = Environment['cluster'];

/**
 * Kratos' configuration (Ory Kratos v1.3.1, `embedx/config.schema.json`). Secrets are in variables: its keys, the login
 * of the mail server and the client secrets of providers; so is the address of the database.
 */
export function kratosConfig({ cluster, signIn }: { cluster: Cluster; signIn: SignIn }): object {
  return {
    version: 'v1.3.1',
    serve: serve(cluster),
    selfservice: {
      default_browser_return_url: `${accountsUrl(cluster)}/`,
      // The pages redirect to apps after they have checked the target.
      allowed_return_urls: [`${accountsUrl(cluster)}/`],
      flows: flows(cluster, signIn),
      methods: methods(cluster, signIn),
    },
    session: session(cluster, signIn),
    cookies: { same_site: 'Lax' },
    identity: {
      default_schema_id: 'person',
      schemas: [{ id: 'person', url: `file://${configFolder}/person.schema.json` }],
    },
    courier: courier(cluster, signIn),
    hashers: { algorithm: 'bcrypt', bcrypt: { cost: 12 } },
    // Tokens of providers in the database.
    ciphers: { algorithm: 'xchacha20-poly1305' },
    security: { account_enumeration: { mitigate: true } },
    // Addresses from people or providers must not reach into the cluster.
    clients: { http: { disallow_private_ip_ranges: true } },
    log: { level: 'info', format: 'json', leak_sensitive_values: false },
  };
}

function serve(cluster: Cluster): object {
  const { certificate, key } = serverFiles(accountsOperator);
  const tls = { cert: { path: certificate }, key: { path: key } };
  const each = { tls, request_log: { disable_for_health: true } };
  return {
    public: {
      ...each,
      base_url: `${accountsUrl(cluster)}/`,
      port: kratosPorts.public,
      cors: { enabled: false },
    },
    admin: {
      ...each,
      base_url: `https://${accountsOperator}.${accountsOperator}.svc.cluster.local:${kratosPorts.admin}/`,
      port: kratosPorts.admin,
    },
  };
}

function flows(cluster: Cluster, { registration, recovery, sessions }: SignIn): object {
  const page = (name: keyof typeof signInPages) => ({
    ui_url: `${accountsUrl(cluster)}${signInPages[name]}`,
  });
  const signedIn = [{ hook: 'session' }];
  const toVerify = [{ hook: 'show_verification_ui' }];
  const others = { hook: 'revoke_active_sessions' };
  return {
    error: page('error'),
    login: {
      ...page('login'),
      lifespan: '30m',
      // Whoever signs up with somebody else's address gets no further than the mail that goes there. Of the other methods
      // Kratos does not ask it (`selfservice/hook/address_verifier.go`).
      after: { password: { hooks: [{ hook: 'require_verified_address' }] } },
    },
    registration: {
      ...page('registration'),
      enabled: registration === 'open',
      lifespan: '30m',
      // A code by mail and a provider have verified the address already.
      after: {
        password: { hooks: toVerify },
        passkey: { hooks: toVerify },
        code: { hooks: signedIn },
        oidc: { hooks: signedIn },
      },
    },
    verification: { ...page('verification'), enabled: true, use: recovery, lifespan: codeLifespan },
    recovery: {
      ...page('recovery'),
      enabled: true,
      use: recovery,
      lifespan: codeLifespan,
      // A recovery ends the sessions of an intruder.
      after: { hooks: [others] },
    },
    settings: {
      ...page('settings'),
      lifespan: '30m',
      privileged_session_max_age: goDuration(sessions.privileged),
      required_aal: 'highest_available',
      after: { password: { hooks: [others] } },
    },
    logout: { after: { default_browser_return_url: `${accountsUrl(cluster)}${signInPages.login}` } },
  };
}

function methods(cluster: Cluster, signIn: SignIn): object {
  const { password, code, passkey, totp, recoveryCodes } = signIn.methods;
  const providers = Object.entries(signIn.providers);
  return {
    profile: { enabled: true },
    password:
      password === false
        ? { enabled: false }
        : {
            enabled: true,
            config: {
              min_password_length: password.minimumLength,
              identifier_similarity_check_enabled: true,
              haveibeenpwned_enabled: password.breachCheck === true,
            },
          },
    // Recovery and verification use codes even if sign-in does not.
    code: {
      enabled: code || signIn.recovery === 'code',
      passwordless_enabled: code,
      config: { lifespan: codeLifespan },
    },
    link: { enabled: signIn.recovery === 'link', config: { lifespan: codeLifespan } },
    passkey: {
      enabled: passkey,
      config: {
        rp: { id: accountsHost(cluster), display_name: cluster.domain, origins: [accountsUrl(cluster)] },
      },
    },
    totp: { enabled: totp, config: { issuer: cluster.domain } },
    lookup_secret: { enabled: recoveryCodes },
    oidc: {
      enabled: providers.length > 0,
      config: { providers: providers.map(([id, provider]) => oidcProvider(id, provider, configFolder)) },
    },
  };
}

function session(cluster: Cluster, { sessions }: SignIn): object {
  return {
    lifespan: goDuration(sessions.lifetime),
    whoami: { required_aal: 'highest_available' },
    // Without `domain`, the cookie is valid only for the host of the pages.
    cookie: {
      name: sessionCookie(cluster).name,
      path: '/',
      same_site: 'Lax',
      persistent: sessions.remember,
    },
  };
}

function courier({ domain }: Cluster, { mail, methods }: SignIn): object {
  return {
    ...(methods.code ? { templates: mailTemplates(configFolder) } : {}),
    message_retries: 10,
    smtp: {
      from_address: mail.kind === 'smtp' ? mail.from : `no-reply@${domain}`,
      from_name: domain,
      local_name: accountsHost({ domain }),
    },
  };
}

/** Go durations have no unit for days. */
function goDuration(duration: string): string {
  return `${inSeconds(duration)}s`;
}
