import type { k8s } from 'cdk8s-plus-28';
import { databaseFiles, type IdentityFiles } from '../../charts/identity/identity-files.ts';
import { accountsKeys } from '../../charts/kube/names.ts';
import type { DatabaseRights } from '../../model/schema/database.ts';
import { providerKey, type SignIn } from '../../model/schema/sign-in.ts';

/** Keys of the Secret that a Job creates, with their variables (Kratos, 'Secret and key rotation'). */
export const keyVariables = {
  cookie: 'SECRETS_COOKIE',
  cipher: 'SECRETS_CIPHER',
  default: 'SECRETS_DEFAULT',
} as const;

/** Connections to the database that a pod of Kratos keeps while it has no request. */
export const idleConnections = 4;

/** Kratos' connection to its database: a role with a certificate, without a password. */
export function databaseAddress(database: Pick<IdentityFiles, 'env'>): k8s.EnvVar {
  const value = (name: string) => database.env.find((variable) => variable.name === name)?.value ?? '';
  const options = new URLSearchParams({
    sslmode: value('PGSSLMODE'),
    sslcert: value('PGSSLCERT'),
    sslkey: value('PGSSLKEY'),
    sslrootcert: value('PGSSLROOTCERT'),
    max_conns: '10',
    max_idle_conns: `${idleConnections}`,
  });
  const at = `${value('PGUSER')}@${value('PGHOST')}:${value('PGPORT')}/${value('PGDATABASE')}`;
  return { name: 'DSN', value: `postgres://${at}?${decodeURIComponent(options.toString())}` };
}

/** Files and address with which a Kratos pod logs in to its database. */
export function databaseLogin(access: DatabaseRights): IdentityFiles {
  const files = databaseFiles('kratos', access);
  return { ...files, env: [databaseAddress(files)] };
}

/** All variables of Kratos from Secrets, and the address of the mail server, which can have a password. */
export function secretVariables(signIn: SignIn): k8s.EnvVar[] {
  return [
    ...Object.entries(keyVariables).map(([key, name]) => fromSecret(name, accountsKeys, key)),
    ...mailVariables(signIn),
    ...Object.keys(signIn.providers).map((id, i) =>
      fromSecret(
        `SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_${i}_CLIENT_SECRET`,
        signIn.secret ?? '',
        providerKey(id),
      ),
    ),
  ];
}

function mailVariables({ mail, secret = '' }: SignIn): k8s.EnvVar[] {
  const name = 'COURIER_SMTP_CONNECTION_URI';
  // Plain text inside the cluster: the network policies of both ends admit no other pods.
  if (mail.kind === 'mailpit')
    return [{ name, value: 'smtp://mailpit.mailpit.svc.cluster.local:1025/?disable_starttls=true' }];
  const at = `${mail.host}:${mail.port}/`;
  const scheme = mail.tls === 'implicit' ? 'smtps' : 'smtp';
  if (mail.user === undefined) return [{ name, value: `${scheme}://${at}` }];
  // The kubelet expands earlier variables (Kubernetes, 'Define Dependent Environment Variables').
  return [
    fromSecret('SMTP_PASSWORD', secret, 'smtp-password'),
    { name, value: `${scheme}://${encodeURIComponent(mail.user)}:$(SMTP_PASSWORD)@${at}` },
  ];
}

function fromSecret(name: string, secret: string, key: string): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
