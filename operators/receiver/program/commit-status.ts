import type { ForgeConfig } from './config.ts';
import type { RevisionState } from './revision-state.ts';

/** A status for one commit at a forge. */
export interface CommitStatus extends RevisionState {
  /** Name of the status: a later one of the same name replaces it. */
  context: string;
}

/** Patience for an answer of the forge, in milliseconds. */
const patience = 30_000;

/**
 * Sets the status of a commit at its forge.
 * @throws Error if the forge refuses or is away. No message has the token.
 */
export async function postStatus(forge: ForgeConfig, token: string, status: CommitStatus): Promise<void> {
  const { url, headers, body } = statusRequest(forge, token, status);
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // One to another host would take the token there.
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  });
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  const text = (await response.text()).slice(0, 300);
  if (forge.kind === 'gitlab' && response.status === 400 && isThereAlready.test(text)) return;
  throw new Error(`the forge answered ${response.status} for the status of ${status.commit}: ${text}`);
}

/** GitLab refuses a status that the commit has already. */
const isThereAlready = /cannot transition status/i;

interface StatusRequest {
  url: string;
  headers: Record<string, string>;
  body: Record<string, string>;
}

/**
 * @see https://docs.github.com/en/rest/commits/statuses
 * @see https://docs.gitea.com/api ('repository', statuses), which Forgejo has too
 * @see https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
 */
function statusRequest(
  { kind, api, project }: ForgeConfig,
  token: string,
  status: CommitStatus,
): StatusRequest {
  const { commit, state, context } = status;
  switch (kind) {
    case 'github':
    case 'gitea':
      return {
        url: `${api}/repos/${project}/statuses/${commit}`,
        headers: { authorization: `${kind === 'github' ? 'Bearer' : 'token'} ${token}` },
        body: { state, context, description: cut(status.description, 140) },
      };
    case 'gitlab':
      return {
        url: `${api}/projects/${encodeURIComponent(project)}/statuses/${commit}`,
        headers: { 'private-token': token },
        body: {
          state: state === 'failure' ? 'failed' : state,
          name: context,
          description: cut(status.description, 255),
        },
      };
  }
}

/** The text with at most so many characters, as many as the forge takes. */
function cut(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}
