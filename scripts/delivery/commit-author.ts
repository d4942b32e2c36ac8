import { Failure } from '../cli/failure.ts';
import type { Git } from './git.ts';

/** Author of commits, and signature settings. */
export interface Author {
  /** `NAME <MAIL>`. */
  name: string;
  /** Git settings `KEY=VALUE` that give a commit in another repository the same author and signing key. */
  settings: string[];
  sign: boolean;
}

/** Settings that name the author. */
const person = ['user.name', 'user.email'];

/** Settings for signatures (git-config(1), gpg.* and user.signingKey), in lower case. */
const signature =
  /^(user\.signingkey|gpg\.(format|program|ssh\.(program|defaultkeycommand)|x509\.program|openpgp\.program))$/;

/**
 * The author of commits, from the checkout's Git settings.
 * @throws Failure if Git has no author.
 */
export async function authorOf(git: Git): Promise<Author> {
  const listed = (await git(['config', '--list', '-z'])).split('\0').map((entry): [string, string] => {
    const end = entry.indexOf('\n');
    return end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
  });
  // The last of several values wins.
  const set = new Map(listed);
  if (person.some((key) => !set.get(key))) {
    throw new Failure(
      'Git does not know who you are, and a commit names its author.',
      'Type: git config user.name "NAME" && git config user.email MAIL',
    );
  }
  const sign = ['true', 'yes', 'on', '1'].includes((set.get('commit.gpgsign') ?? '').toLowerCase());
  const wanted = [...set].filter(([key]) => person.includes(key) || (sign && signature.test(key)));
  const name = `${set.get('user.name')} <${set.get('user.email')}>`;
  return { name, sign, settings: wanted.map(([key, value]) => `${key}=${value}`) };
}
