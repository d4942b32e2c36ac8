import { z } from 'zod';
import { duration } from './duration.ts';
import { dnsLabel, dnsName } from './kubernetes-names.ts';
import { webAddress } from './web-address.ts';

const mailAddress = z.email("an address of mail such as 'no-reply@example.org'");

const methods = z.strictObject({
  password: z
    .union([
      z.literal(false),
      z.strictObject({
        minimumLength: z
          .number()
          .int()
          .min(8)
          .max(64)
          .default(12)
          .describe('Smallest number of characters of a password.'),
        breachCheck: z
          .literal(true)
          .optional()
          .describe(
            'Look-up of a new password at api.pwnedpasswords.com, by the first five digits of its hash; needs the internet. Default: no look-up.',
          ),
      }),
    ])
    .prefault({})
    .describe('Password; `false`: accounts have none.'),
  code: z.boolean().default(true).describe('One-time code by mail, without a password.'),
  passkey: z.boolean().default(true).describe('Passkey (WebAuthn): fingerprint, face, PIN or security key.'),
  totp: z
    .boolean()
    .default(true)
    .describe('Second factor: one-time codes of an authenticator app (RFC 6238).'),
  recoveryCodes: z
    .boolean()
    .default(true)
    .describe('Second factor: recovery codes, each valid once, for a person who lost the authenticator app.'),
});

const clientId = z.string().min(1).max(500).describe('Client id at the provider.');

const provider = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('google').describe('Google.'), clientId }),
  z.strictObject({ kind: z.literal('github').describe('GitHub.'), clientId }),
  z.strictObject({
    kind: z.literal('gitlab').describe('GitLab.'),
    clientId,
    issuer: webAddress({ example: 'https://gitlab.example.org' })
      .optional()
      .describe('Address of a GitLab of your own. Default: https://gitlab.com.'),
  }),
  z.strictObject({
    kind: z.literal('microsoft').describe('Microsoft Entra ID.'),
    clientId,
    tenant: z
      .string()
      .regex(/^[a-z0-9.-]+$/i, "the id or the domain of a tenant, 'common', 'organizations' or 'consumers'")
      .describe('Tenant whose people may sign in; `common` is everyone.'),
  }),
  z.strictObject({
    kind: z.literal('oidc').describe('Any other provider of OpenID Connect.'),
    clientId,
    issuer: webAddress({ example: 'https://login.example.org/realms/team' }).describe(
      'Issuer; its configuration is at ISSUER/.well-known/openid-configuration.',
    ),
    label: z
      .string()
      .min(1)
      .max(40)
      .optional()
      .describe('Name on the button. Default: the name of the provider here.'),
  }),
]);

const mail = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('mailpit')
      .describe('Mailpit in the cluster shows every mail at mail.DOMAIN and sends none; not for production.'),
  }),
  z.strictObject({
    kind: z.literal('smtp').describe('An SMTP server.'),
    host: dnsName.describe('Host of the server.'),
    port: z.number().int().min(1).max(65535).default(465).describe('Port of the server.'),
    tls: z
      .enum(['implicit', 'starttls'])
      .default('implicit')
      .describe(
        '`implicit`: TLS from the first byte (RFC 8314). `starttls`: the connection is upgraded to TLS, or closed if that fails.',
      ),
    from: mailAddress.describe('Address of the sender.'),
    user: z
      .string()
      .min(1)
      .optional()
      .describe(
        'User name at the server; the key `smtp-password` of the Secret is its password. Default: no login.',
      ),
  }),
]);

/** Accounts of people who sign in to apps (Ory Kratos). */
export const signInSchema = z
  .strictObject({
    registration: z
      .enum(['open', 'closed'])
      .default('open')
      .describe(
        '`open`: everyone can create an account. `closed`: accounts are created through the admin API only.',
      ),
    methods: methods.prefault({}).describe('Ways to sign in.'),
    providers: z
      .record(dnsLabel.max(40, 'at most 40 characters'), provider)
      .default({})
      .describe(
        'OpenID Connect providers, by name. The client secret of each is the key `oidc-NAME` of the Secret; the redirect address to register is https://accounts.DOMAIN/self-service/methods/oidc/callback/NAME.',
      ),
    recovery: z
      .enum(['code', 'link'])
      .default('code')
      .describe('Content of mails that recover an account or verify an address: a code to type, or a link.'),
    sessions: z
      .strictObject({
        lifetime: duration.default('24h').describe('Time after which a person signs in again.'),
        privileged: duration
          .default('15m')
          .describe(
            'Time after a sign-in in which a person can change password, second factor and address without signing in again.',
          ),
        remember: z.boolean().default(true).describe('Whether a session outlives the browser window.'),
      })
      .prefault({})
      .describe('Sessions.'),
    mail: mail.describe('Delivery of mail.'),
    storage: z
      .string()
      .regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "bytes with their unit such as '2Gi'")
      .default('2Gi')
      .describe('Size of the volume of each instance of the database of accounts, in bytes.'),
    rights: dnsLabel
      .optional()
      .describe(
        'App that keeps organisations and roles, such as `accounts`: the proxy asks it for those of each session, and refuses sessions whose rights changed until they are revalidated. Default: tokens have neither.',
      ),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of a Secret in the namespace kratos with `smtp-password` and the `oidc-NAME` of each provider; created by hand or with SOPS, never rendered. Needed for providers and for mail with a user.',
      ),
  })
  .superRefine((signIn, context) => {
    const keys = signInKeys(signIn);
    if (signIn.secret !== undefined || keys.length === 0) return;
    context.addIssue({
      code: 'custom',
      path: [signIn.mail.kind === 'smtp' && signIn.mail.user !== undefined ? 'mail' : 'providers'],
      message: `${keys.join(' and ')} must not be in this file, and no Secret is named for them`,
      params: { fix: 'write secret: sign-in below signIn, and create that Secret in the namespace kratos' },
      input: signIn.mail,
    });
  });

export type SignIn = z.infer<typeof signInSchema>;
export type SignInProvider = SignIn['providers'][string];

/** Keys of the Secret that sign-in reads. */
export function signInKeys({ providers, mail }: Pick<SignIn, 'providers' | 'mail'>): string[] {
  return [
    ...(mail.kind === 'smtp' && mail.user !== undefined ? ['smtp-password'] : []),
    ...Object.keys(providers).map(providerKey),
  ];
}

/** Key of the Secret with a provider's client secret. */
export function providerKey(provider: string): string {
  return `oidc-${provider}`;
}
