import { Failure } from '../cli/failure.ts';
import { isDiskError } from '../files/disk-failure.ts';
import { GitError } from './git.ts';

const isMoved =
  /stale info|fetch first|non-fast-forward|incorrect old value|reference already exists|is at [0-9a-f]+ but expected/i;

const isUnclear = /cannot lock ref|failed to update ref/i;

const isLocked = /unable to create '.*\.lock'/i;

/** What forges and servers answer where a login is known and may not do this. */
const isForbidden =
  /permission to \S+ denied|marked as read only|write access to repository not granted|not allowed to (push|upload|force)|does not have (write|push) access|insufficient permission/i;

const isUnknownRepository =
  /repository not found|repository '.*' not found|does not appear to be a git repository|could not find (the )?repository|project you were looking for could not be found|returned error: 404/i;

const isUntrusted =
  /SSL certificate problem|certificate verif(y|ication) failed|self[- ]signed certificate|local issuer certificate|certificate has expired|certificate subject name|SSL: .*certificate/i;

const isUnknownHost = /host key verification failed|remote host identification has changed/i;

const isLogin =
  /authentication failed|could not read (username|password)|permission denied|terminal prompts disabled|returned error: 40[13]|access denied/i;

const isRefusedPush = /remote rejected|hook declined|protected branch/i;

const isFullDisk = /no space left|ENOSPC|disk quota|EDQUOT/i;

/** Whether a push failed because the branch is no longer at the expected commit. */
export function isMovedBranch(error: unknown): boolean {
  return error instanceof GitError && isMoved.test(error.said);
}

/**
 * Whether a push failed because the server could not change the branch: another push has a lock on it, or a server that ended during one
 * left it. The branch may also have moved.
 */
export function isLockedBranch(error: unknown): boolean {
  return error instanceof GitError && (isUnclear.test(error.said) || isLocked.test(error.said));
}

/** An error of Git at a remote repository as a Failure: what the server refuses and why, or no connection. Other errors unchanged. */
export function explainRemote(error: unknown, { url, branch }: { url: string; branch: string }): unknown {
  if (!(error instanceof GitError)) return error;
  const said = withoutCredentials(error.said);
  const options = { cause: error };
  if (isLocked.test(said)) {
    return new Failure(
      error.command === 'push'
        ? `${url} has a lock on ${branch} that nobody gives up; nothing was pushed: ${said}`
        : `a lock of an earlier command of Git is left on this machine: ${said}`,
      error.command === 'push'
        ? 'Ask who runs that server to see that no push hangs, and to remove the file .lock. Then type the same command again.'
        : 'See that no other command runs, remove that file, then type the same command again.',
      options,
    );
  }
  if (isUnknownHost.test(said)) {
    const host = hostOf(url);
    return new Failure(
      `SSH does not know the host key of ${host}, or it has changed: ${said}`,
      `Compare its key with the one that the owner publishes. A changed one is removed by: ssh-keygen -R ${host}. It is accepted by: ssh -T git@${host}. Then type the same command again.`,
      options,
    );
  }
  if (isUntrusted.test(said)) {
    return new Failure(
      `the certificate of ${url} is not trusted here: ${said}`,
      `For an authority of your own: git config --global http.${originOf(url)}/.sslCAInfo FILE, with its root as a PEM. For an expired one, ask who runs that server. Then type the same command again.`,
      options,
    );
  }
  if (isUnknownRepository.test(said)) {
    return new Failure(
      `there is no repository at ${url}, or this login may not see it: ${said}`,
      `See source.url of cluster.yaml. Forges answer the same to a login without access: ask the owner for it, and try: git ls-remote ${url}`,
      options,
    );
  }
  if (isForbidden.test(said)) {
    return new Failure(
      `${url} knows the login, and it may not do this; nothing was pushed: ${said}`,
      `Ask the owner of that repository for the right to push to ${branch}; a deploy key or a token may be one for reads only. Then type the same command again.`,
      options,
    );
  }
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

/** The host of an address of Git: a URL, or `git@HOST:PATH`. */
function hostOf(url: string): string {
  return /^(?:\w+:\/\/)?(?:[^@/]+@)?([^:/]+)/.exec(url)?.[1] ?? url;
}

/** Scheme, host and port of an address. */
function originOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : url;
}

/** A message of Git without the credentials of the addresses in it. */
function withoutCredentials(said: string): string {
  return said.replaceAll(/\/\/[^/@\s]+@/g, '//');
}
