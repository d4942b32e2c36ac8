import { appendFile, chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newIdentity, type Recipient, recipientOf } from './age.ts';
import { identitiesIn, sopsKeyFile, textOf } from './key-files.ts';

/** A person's own key, where SOPS looks for it too; one that is there already is kept. */
export async function personalKey(): Promise<{ file: string; recipient: Recipient; made: boolean }> {
  const file = process.env.SOPS_AGE_KEY_FILE ?? sopsKeyFile();
  const [there] = identitiesIn(file);
  if (there !== undefined) return { file, recipient: await recipientOf(there), made: false };
  const identity = await newIdentity();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Whatever else stands in the file is somebody's.
  await appendFile(file, await textOf([identity]), { mode: 0o600 });
  await chmod(file, 0o600);
  return { file, recipient: await recipientOf(identity), made: true };
}
