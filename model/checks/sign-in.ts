import type { Problem } from '../diagnostics/problem.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { inSeconds } from '../schema/duration.ts';

/** What cluster.yaml says of sign-in must fit the environment and itself. */
export function checkSignIn({ source, value }: Loaded<Cluster>): Problem[] {
  const { signIn, production } = value;
  if (signIn === undefined) return [];
  const { methods, mail, sessions, registration, providers } = signIn;
  const problems: Problem[] = [];
  const refuse = (path: string[], code: string, what: string, why: string, fix: string) =>
    problems.push(problemAt(source, ['signIn', ...path], { code, what, why, fix }));
  if (production && mail.kind === 'mailpit') {
    refuse(
      ['mail', 'kind'],
      'production-mailpit',
      'this is production, and Mailpit keeps every mail for itself',
      'nobody would get a code, and whoever opens its page could sign in as everybody',
      'write mail: { kind: smtp, host: …, from: … }',
    );
  }
  const ways = [methods.password !== false, methods.code, methods.passkey, Object.keys(providers).length > 0];
  if (!ways.includes(true)) {
    refuse(
      ['methods'],
      'no-way-in',
      'every way to sign in is off',
      'TOTP and recovery codes are second factors: they follow a password, a code by mail, a passkey or a provider',
      'turn one of password, code and passkey on, or name a provider',
    );
  }
  if (signIn.secret === 'kratos-keys') {
    refuse(
      ['secret'],
      'name-taken',
      "the Secret 'kratos-keys' is Kratos' own",
      'a Job makes it with random keys, and would leave this one as it is',
      'write another name, such as sign-in',
    );
  }
  if (inSeconds(sessions.privileged) > inSeconds(sessions.lifetime)) {
    refuse(
      ['sessions', 'privileged'],
      'privileged-too-long',
      `a session lasts ${sessions.lifetime}, and ${sessions.privileged} of it are privileged`,
      'nobody would be asked again before a password is changed',
      `write a time below ${sessions.lifetime}, such as 15m`,
    );
  }
  if (registration === 'closed' && methods.password === false && !methods.code && ways.includes(true)) {
    refuse(
      ['registration'],
      'no-first-sign-in',
      'accounts are made by others, and none of the ways to sign in works for a new one',
      'a passkey and a provider are added by the person, who has to be signed in for it',
      'turn methods.code on, or write registration: open',
    );
  }
  return problems;
}
