import { appendFile, chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newIdentity, type Recipient, recipientOf } from './age.ts';
import { identitiesIn, sopsKeyFile, textOf } from './key-files.ts';

/** The user's own key, in the file where SOPS finds it too; an existing one is kept. */
export async function personalKey(): Promise<{ file: string; recipient: Recipient; made: boolean }> {
  const file = process.env.SOPS_AGE_KEY_FILE ?? sopsKeyFile();
  const [there] = identitiesIn(file);
  if (there !== undefined) return { file, recipient: await recipientOf(there), made: false };
  const identity = await newIdentity();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Appends, because the file can have other keys.
  await appendFile(file, await textOf([identity]), { mode: 0o600 });
  await chmod(file, 0o600);
  return { file, recipient: await recipientOf(identity), made: true };
}
