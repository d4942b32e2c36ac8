import { z } from 'zod';
import { secretObjectName } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { Failure } from '../cli/failure.ts';
import { inTurn } from './in-turn.ts';
import {
  appOf,
  ensureRecipients,
  fileOf,
  openSecret,
  openStore,
  type SecretStore,
  storedSecret,
  useOf,
  writeSecret,
} from './secret-store.ts';
import { encryptSecret, type Values, withValues } from './sops.ts';

/** A value, with its app and environment. */
export interface Target {
  root: string;
  environment: string;
  app: string;
  /** `KEY`, or `SECRET/KEY`. */
  key: string;
}

type Say = (line: string) => void;

/** Sets a value. `read` is called after all other checks. */
export async function setValue(target: Target, read: () => Promise<Buffer>, say: Say): Promise<void> {
  const store = await openStore(target.root, target.environment, {
    for: 'values',
    app: target.app,
    key: target.key,
  });
  const app = appOf(store, target.app);
  const { use, key } = useOf(store, app, target.key);
  const stored = storedSecret(store, app.name, use.name);
  // A secret that cannot be decrypted cannot be changed; this fails before the prompt.
  const opened = stored === undefined ? undefined : await openSecret(store, stored);
  const value = await read();
  refuseValue(value, key, use.as);
  if (opened?.values.get(key)?.equals(value) === true) {
    say(`${key} already has that value.`);
    return;
  }
  const change = (before: Values) => new Map([...before, [key, value] as const]);
  await write(store, { app: app.name, name: use.name, change }, say);
  say(`${fileOf(store, app.name, use.name)}: ${key} is set.`);
}

/** Removes an unused value. */
export async function removeValue(target: Target, say: Say): Promise<void> {
  const store = await openStore(target.root, target.environment, { for: 'list' });
  const [key = '', name] = target.key.split('/').reverse();
  const found = store.secrets.filter(
    (secret) =>
      secret.app === target.app &&
      Object.hasOwn(secret.value.data, key) &&
      (name ?? secret.name) === secret.name,
  );
  const [secret, second] = found;
  if (secret === undefined || second !== undefined) {
    throw new Failure(
      secret === undefined
        ? `'${target.app}' has no secret with the key ${key} in ${target.environment}.`
        : `several secrets of '${target.app}' have a key ${key}.`,
      secret === undefined
        ? `For existing keys: npm run secrets -- list --env ${target.environment}`
        : `Name the secret too: ${found.map((each) => `${each.name}/${key}`).join(' or ')}`,
    );
  }
  const change = (before: Values) => new Map([...before].filter(([each]) => each !== key));
  await write(store, { app: secret.app, name: secret.name, change }, say);
  say(`${secret.source.file}: ${key} is removed. The history of Git keeps it, encrypted.`);
}

/** A change of the values of one secret. */
interface Change {
  app: string;
  name: string;
  /** Gets the values of the moment, which another command can have written while a prompt or an editor was open. */
  change: (before: Values) => Values;
}

/** Encrypts all values of one secret and writes them; unchanged values keep their encrypted text. */
export function write(
  { root, environment }: SecretStore,
  { app, name, change }: Change,
  say: Say,
): Promise<void> {
  return inTurn(say, async () => {
    const store = await openStore(root, environment, { for: 'values', app, secret: name });
    const stored = storedSecret(store, app, name);
    const opened = stored === undefined ? undefined : await openSecret(store, stored);
    const values = change(opened?.values ?? new Map());
    const secret =
      stored === undefined || opened === undefined
        ? await encryptSecret(
            { name: secretObjectName(name), namespace: app },
            values,
            await ensureRecipients(store, say),
          )
        : withValues(stored.value, opened, values);
    writeSecret(root, fileOf(store, app, name), secret);
  });
}

/** Refuses a value that no process could receive. The messages do not contain it. */
export function refuseValue(value: Buffer, key: string, as: Login['as']): void {
  if (value.length === 0)
    throw new Failure(`${key} would be empty.`, 'Enter a value, or pipe it into the command.');
  if (as === 'files') return;
  if (as === 'pull') {
    refuseLogins(value, key);
    return;
  }
  // Maximum of execve(2), MAX_ARG_STRLEN, minus the name, '=' and the terminating zero.
  const room = 128 * 1024 - key.length - 2;
  const fault = value.includes(0)
    ? 'has a zero byte, which ends a variable in the kernel'
    : value.length > room
      ? `has ${value.length} bytes, and the maximum of Linux for this variable is ${room}`
      : undefined;
  if (fault === undefined) return;
  throw new Failure(
    `the value of ${key} ${fault}.`,
    "Write as: 'files' in its use, so that the process reads it from a file.",
  );
}

/** Docker's config.json with its logins written out; credentials in a keychain or a helper are not in that file. */
const logins = z.looseObject({
  auths: z
    .record(z.string(), z.looseObject({ auth: z.string().regex(/^[A-Za-z0-9+/]+=*$/) }))
    .refine((auths) => Object.keys(auths).length > 0),
});

function refuseLogins(value: Buffer, key: string): void {
  if (logins.safeParse(parsed(value)).success) return;
  throw new Failure(
    `the value of ${key} is no config.json of Docker with logins: {"auths":{"ghcr.io":{"auth":"…"}}}.`,
    'Log in with a folder of its own, which no keychain serves: docker --config FOLDER login ghcr.io. Then give the command FOLDER/config.json by <.',
  );
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    // Not JSON: the schema refuses undefined.
    return undefined;
  }
}
