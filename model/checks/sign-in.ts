import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { inSeconds } from '../schema/duration.ts';

/** The sign-in settings of cluster.yaml must be consistent and must fit the environment. */
export function checkSignIn({ source, value }: Loaded<Cluster>): Diagnostic[] {
  const { signIn, production } = value;
  if (signIn === undefined) return [];
  const { methods, mail, sessions, registration, providers } = signIn;
  const diagnostics: Diagnostic[] = [];
  const refuse = (path: string[], code: string, what: string, why: string, fix: string) =>
    diagnostics.push(diagnosticAt(source, ['signIn', ...path], { code, what, why, fix }));
  if (production && mail.kind === 'mailpit') {
    refuse(
      ['mail', 'kind'],
      'production-mailpit',
      'production with Mailpit, which delivers no mail',
      'nobody would receive a code, and everyone who can open Mailpit could sign in as anyone',
      'write mail: { kind: smtp, host: …, from: … }',
    );
  }
  const ways = [methods.password !== false, methods.code, methods.passkey, Object.keys(providers).length > 0];
  if (!ways.includes(true)) {
    refuse(
      ['methods'],
      'no-way-in',
      'every sign-in method is off',
      'TOTP and recovery codes are second factors: they need a password, a code by mail, a passkey or a provider',
      'enable one of password, code and passkey, or name a provider',
    );
  }
  if (signIn.secret === 'kratos-keys') {
    refuse(
      ['secret'],
      'name-taken',
      "the Secret 'kratos-keys' is reserved for Kratos",
      'a Job creates it with random keys, and would not add yours',
      'write another name, such as sign-in',
    );
  }
  if (inSeconds(sessions.privileged) > inSeconds(sessions.lifetime)) {
    refuse(
      ['sessions', 'privileged'],
      'privileged-too-long',
      `sessions last ${sessions.lifetime}, and are privileged for ${sessions.privileged} of it`,
      'a password change would never require a new sign-in',
      `write a time below ${sessions.lifetime}, such as 15m`,
    );
  }
  if (registration === 'closed' && methods.password === false && !methods.code && ways.includes(true)) {
    refuse(
      ['registration'],
      'no-first-sign-in',
      'registration is closed, and no sign-in method works for a new account',
      'a person adds a passkey or a provider only after signing in',
      'enable methods.code, or write registration: open',
    );
  }
  return diagnostics;
}
