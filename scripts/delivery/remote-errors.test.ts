import { describe, expect, it } from 'vitest';
import { GitError } from './git.ts';
import { explainRemote } from './remote-errors.ts';

const https = 'https://git.example.org/team/platform.git';
const explained = (said: string, { url = https, command = 'push' } = {}) =>
  explainRemote(new GitError(command, said), { url, branch: 'main' });

describe('what a server of Git answers is told as what it is, with the next step', () => {
  it.each([
    ['remote: HTTP Basic: Access denied\nfatal: Authentication failed', 'refused the login', 'Sign in again'],
    ['git@git.example.org: Permission denied (publickey).', 'refused the login', 'Sign in again'],
    ['ERROR: Permission to org/repo.git denied to ann.', 'it may not do this', 'right to push to main'],
    [
      'remote: Permission to org/repo.git denied to ann.\nfatal: unable to access: The requested URL returned error: 403',
      'it may not do this',
      'right to push to main',
    ],
    [
      'ERROR: The key you are authenticating with has been marked as read only.',
      'may not do this',
      'deploy key',
    ],
    ['remote: You are not allowed to push code to this project.', 'may not do this', 'right to push'],
    ['remote: Repository not found.\nfatal: repository not found', 'there is no repository', 'source.url'],
    [`fatal: repository '${https}/' not found`, 'there is no repository', 'git ls-remote'],
    [
      "remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.",
      'there is no repository',
      'ask the owner',
    ],
    [
      'fatal: unable to access: SSL certificate problem: self-signed certificate in certificate chain',
      'is not trusted here',
      'git config --global http.https://git.example.org/.sslCAInfo FILE',
    ],
    [
      'fatal: unable to access: server certificate verification failed. CAfile: none CRLfile: none',
      'is not trusted here',
      'sslCAInfo',
    ],
    [
      "! [remote rejected] a -> main (cannot lock ref 'refs/heads/main': Unable to create '/srv/main.lock': File exists.",
      'has a lock on main',
      'remove the file .lock',
    ],
    ['! [remote rejected] a -> main (protected branch hook declined)', 'refused the push to main', 'owner'],
    ['fatal: Could not resolve host: git.example.org', 'cannot be reached', 'same command again'],
    ['fatal: the remote end hung up unexpectedly', 'the connection was lost', 'same command again'],
  ])('%s', (said, message, next) => {
    expect(explained(said)).toMatchObject({
      name: 'Failure',
      message: expect.stringContaining(message),
      next: expect.stringContaining(next),
    });
  });

  it.each(['git@git.example.org:team/platform.git', 'ssh://git@git.example.org:2222/team/platform.git'])(
    'a host key that SSH does not know, of %s',
    (url) => {
      expect(explained('Host key verification failed.', { url })).toMatchObject({
        message: expect.stringContaining('does not know the host key of git.example.org'),
        next: expect.stringContaining('ssh-keygen -R git.example.org'),
      });
    },
  );

  it('a lock on this machine is not one of the server', () => {
    const said = "fatal: cannot lock ref 'refs/seen/main': Unable to create '/state/main.lock': File exists.";
    expect(explained(said, { command: 'update-ref' })).toMatchObject({
      message: expect.stringContaining('left on this machine'),
    });
  });
});
