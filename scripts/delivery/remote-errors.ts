import { Failure } from '../cli/failure.ts';
import { isDiskError } from '../files/disk-failure.ts';
import { GitError } from './git.ts';

const isMoved =
  /stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value|reference already exists/i;

const isLogin =
  /authentication failed|could not read (username|password)|permission denied|terminal prompts disabled|returned error: 40[13]|access denied|host key verification failed/i;

const isRefusedPush = /remote rejected|hook declined|protected branch/i;

const isFullDisk = /no space left|ENOSPC|disk quota|EDQUOT/i;

/** Whether a push failed because the branch is no longer at the expected commit. */
export function isMovedBranch(error: unknown): boolean {
  return error instanceof GitError && isMoved.test(error.said);
}

/** An error of Git at a remote repository as a Failure: refused login, refused push, or no connection. Other errors unchanged. */
export function explainRemote(error: unknown, { url, branch }: { url: string; branch: string }): unknown {
  if (!(error instanceof GitError)) return error;
  const said = withoutCredentials(error.said);
  const options = { cause: error };
  if (isLogin.test(said)) {
    return new Failure(
      `${url} refused the login, or there is none: ${said}`,
      'Sign in again: a token may have expired. Git asks its credential helper or the agent of SSH; try: git ls-remote ' +
        url,
      options,
    );
  }
  if (isRefusedPush.test(said)) {
    return new Failure(
      `${url} refused the push to ${branch}; nothing was pushed: ${said}`,
      'Ask the owner of that repository for the right to push to that branch, then type the same command again.',
      options,
    );
  }
  return new Failure(
    `${url} cannot be reached, or the connection was lost: ${said}`,
    'Type the same command again when it answers: it continues where it stopped, and nothing is published partially.',
    options,
  );
}

/** An error of `git commit-tree` or of the disk as a Failure. Other errors unchanged. */
export function explainCommit(error: unknown): unknown {
  if (!(error instanceof GitError) || error.command !== 'commit-tree') return explainDisk(error);
  return new Failure(
    `the commit could not be made or signed: ${error.said}`,
    'Where Git is set to sign: unlock the key, or mend user.signingkey and gpg.format (git config --list). Then type the same command again.',
    { cause: error },
  );
}

/** A full disk, of this machine or of the repository's, as a Failure. Other errors unchanged. */
export function explainDisk(error: unknown): unknown {
  const said = error instanceof GitError ? error.said : isDiskError(error) ? error.message : '';
  if (!isFullDisk.test(said)) return error;
  return new Failure(
    `the disk is full: ${withoutCredentials(said)}`,
    'Free space on the disk, then type the same command again: nothing was published partially.',
    { cause: error },
  );
}

/** A message of Git without the credentials of the addresses in it. */
function withoutCredentials(said: string): string {
  return said.replaceAll(/\/\/[^/@\s]+@/g, '//');
}
