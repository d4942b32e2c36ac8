import { Failure } from '../cli/failure.ts';
import type { Git } from './git.ts';

/** Who commits, and whether with a signature. */
export interface Author {
  /** Settings of Git by which a commit elsewhere has the same author and is signed with the same key: `KEY=VALUE`. */
  settings: string[];
  sign: boolean;
}

/** Settings that name the author. */
const person = ['user.name', 'user.email'];

/** Settings that have to do with signatures (git-config(1), gpg.* and user.signingKey), in small letters. */
const signature =
  /^(user\.signingkey|gpg\.(format|program|ssh\.(program|defaultkeycommand)|x509\.program|openpgp\.program))$/;

/**
 * The author of commits, as Git is set in the checkout.
 * @throws Failure where Git does not know who that is.
 */
export async function authorOf(git: Git): Promise<Author> {
  const listed = (await git(['config', '--list', '-z'])).split('\0').map((entry): [string, string] => {
    const end = entry.indexOf('\n');
    return end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
  });
  // The last of several is the one that counts.
  const set = new Map(listed);
  if (person.some((key) => !set.get(key))) {
    throw new Failure(
      'Git does not know who you are, and a commit names its author.',
      'Type: git config user.name "NAME" && git config user.email MAIL',
    );
  }
  const sign = ['true', 'yes', 'on', '1'].includes((set.get('commit.gpgsign') ?? '').toLowerCase());
  const wanted = [...set].filter(([key]) => person.includes(key) || (sign && signature.test(key)));
  return { sign, settings: wanted.map(([key, value]) => `${key}=${value}`) };
}
