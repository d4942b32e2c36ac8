import type { k8s } from 'cdk8s-plus-28';
import { databaseFiles, type IdentityFiles } from '../../charts/identity/identity-files.ts';
import { accountsKeys } from '../../charts/kube/names.ts';
import type { DatabaseRights } from '../../model/schema/database.ts';
import { providerKey, type SignIn } from '../../model/schema/sign-in.ts';

/** Keys of the Secret that a Job makes, and the variables by which Kratos reads them (Kratos, 'Secret and key rotation'). */
export const keyVariables = {
  cookie: 'SECRETS_COOKIE',
  cipher: 'SECRETS_CIPHER',
  default: 'SECRETS_DEFAULT',
} as const;

/** Kratos' connection to its database: a role, its certificate and no password. */
export function databaseAddress(database: Pick<IdentityFiles, 'env'>): k8s.EnvVar {
  const value = (name: string) => database.env.find((variable) => variable.name === name)?.value ?? '';
  const options = new URLSearchParams({
    sslmode: value('PGSSLMODE'),
    sslcert: value('PGSSLCERT'),
    sslkey: value('PGSSLKEY'),
    sslrootcert: value('PGSSLROOTCERT'),
    max_conns: '10',
  });
  const at = `${value('PGUSER')}@${value('PGHOST')}:${value('PGPORT')}/${value('PGDATABASE')}`;
  return { name: 'DSN', value: `postgres://${at}?${decodeURIComponent(options.toString())}` };
}

/** The files and the address with which a pod of Kratos logs in to its database. */
export function databaseLogin(access: DatabaseRights): IdentityFiles {
  const files = databaseFiles('kratos', access);
  return { ...files, env: [databaseAddress(files)] };
}

/** All that Kratos reads of Secrets, and the address of the mail server, which may hold a password. */
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
  // In plain text: it stays in the cluster, and the network policies of both ends let nobody else in.
  if (mail.kind === 'mailpit')
    return [{ name, value: 'smtp://mailpit.mailpit.svc.cluster.local:1025/?disable_starttls=true' }];
  const at = `${mail.host}:${mail.port}/`;
  const scheme = mail.tls === 'implicit' ? 'smtps' : 'smtp';
  if (mail.user === undefined) return [{ name, value: `${scheme}://${at}` }];
  // The kubelet puts the value of an earlier variable in its place (Kubernetes, 'Define Dependent Environment Variables').
  return [
    fromSecret('SMTP_PASSWORD', secret, 'smtp-password'),
    { name, value: `${scheme}://${encodeURIComponent(mail.user)}:$(SMTP_PASSWORD)@${at}` },
  ];
}

function fromSecret(name: string, secret: string, key: string): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
