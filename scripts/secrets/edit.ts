import { isUtf8 } from 'node:buffer';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { secretsRead } from '../../model/external.ts';
import { placesOf } from '../../model/reading/place.ts';
import { Failure } from '../cli/failure.ts';
import { refuseValue, write } from './change.ts';
import { appOf, openSecret, openStore, storedSecret } from './secret-store.ts';
import type { Values } from './sops.ts';

/** Opens a file in an editor; resolves when the editor ends. */
export type Editor = (file: string) => Promise<void>;

/**
 * Opens all values of one secret in an editor. Only this user can read the temporary file, which is in memory
 * if possible and removed afterwards.
 */
export async function editSecret(
  {
    root,
    environment,
    app: appName,
    secret,
  }: { root: string; environment: string; app: string; secret: string },
  editor: Editor,
  say: (line: string) => void,
): Promise<void> {
  const store = await openStore(root, environment, { for: 'values', app: appName, secret });
  const app = appOf(store, appName);
  const use = secretsRead(app.value, store.cluster).find(({ name }) => name === secret);
  if (use === undefined) {
    throw new Failure(
      `apps/${appName}/app.ts does not use a secret '${secret}'.`,
      `For existing secrets: npm run secrets -- list --env ${environment}`,
    );
  }
  const stored = storedSecret(store, appName, secret);
  const before: Values = stored === undefined ? new Map() : (await openSecret(store, stored)).values;
  const after = await edited(before, use.keys, editor);
  for (const [key, value] of after) refuseValue(value, key, use.as);
  const changed = [...after].filter(([key, value]) => before.get(key)?.equals(value) !== true);
  if (changed.length === 0) {
    say('nothing has changed.');
    return;
  }
  await write(store, { app: appName, name: secret, change: (now) => new Map([...now, ...changed]) }, say);
  say(`${changed.map(([key]) => key).join(', ')} of ${secret}: written for ${environment}.`);
}

async function edited(before: Values, keys: readonly string[], editor: Editor): Promise<Values> {
  const memory = '/dev/shm';
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'plinth-secret-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, textOf(before, keys), { mode: 0o600 });
    await editor(file);
    return valuesOf(readFileSync(file, 'utf8'), keys, before);
  } finally {
    remove();
    process.off('exit', remove);
  }
}

function textOf(before: Values, keys: readonly string[]): string {
  const head =
    '# One line per key; a text of several lines after |. Values are written after you close the file.\n';
  const lines = keys.map((key) => {
    const value = before.get(key);
    if (value === undefined) return `${key}: ''\n`;
    if (!isUtf8(value)) return `# ${key} is binary: npm run secrets -- set APP ${key} < FILE\n`;
    return stringify({ [key]: value.toString('utf8') }, { lineWidth: 0 });
  });
  return head + lines.join('');
}

function valuesOf(text: string, keys: readonly string[], before: Values): Values {
  const again = 'Nothing was written. Type the same command again.';
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  // Neither the message nor the line is shown, because both can contain a value.
  if (fault !== undefined)
    throw new Failure(
      `line ${placesOf(text)(...fault.pos).line} of the saved file is not valid YAML.`,
      again,
    );
  const data: unknown = document.toJS() ?? {};
  const checked = z.record(z.string(), z.string()).safeParse(data);
  if (!checked.success) {
    const names = [...new Set(checked.error.issues.map(({ path }) => path.join('.')))].join(', ');
    throw new Failure(`these values are not texts: ${names || 'all of them'}. A number needs quotes.`, again);
  }
  const strangers = Object.keys(checked.data).filter((key) => !keys.includes(key));
  if (strangers.length > 0)
    throw new Failure(
      `the use in app.ts does not list ${strangers.join(', ')}.`,
      `Add them to its keys. ${again}`,
    );
  const gone = [...before].filter(([key, value]) => isUtf8(value) && checked.data[key] === undefined);
  if (gone.length > 0) {
    throw new Failure(
      `${gone.map(([key]) => key).join(', ')} is missing in the saved file.`,
      `To remove a key: npm run secrets -- remove. ${again}`,
    );
  }
  const given = Object.entries(checked.data).filter(([key, value]) => value !== '' || before.has(key));
  return new Map(given.map(([key, value]) => [key, Buffer.from(value)]));
}

/** The user's editor; as in Git it can be a command with options. */
export async function ownEditor(file: string): Promise<void> {
  const command = process.env.VISUAL || process.env.EDITOR || 'vi';
  const { failed } = await execa('sh', ['-c', `${command} "$1"`, 'editor', file], {
    stdio: 'inherit',
    reject: false,
  });
  if (failed)
    throw new Failure(
      `the editor '${command}' failed.`,
      'Nothing was written. Set EDITOR to another editor.',
    );
}
