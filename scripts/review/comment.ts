import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { askForge } from '../forge/ask.ts';
import { itemsOf } from '../forge/items.ts';

/** A pull request or merge request of a forge, and the token to write there. */
export interface ReviewPlace {
  kind: 'github' | 'gitlab';
  /** Address of the API, without a trailing slash. */
  api: string;
  /** `OWNER/NAME`, or the number of a project of GitLab. */
  project: string;
  /** Number of the request. */
  request: number;
  token: string;
}

/** Variables that CI sets. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The request that CI runs for, from the variables of GitHub Actions (also those of Gitea and Forgejo, whose API has the same paths) or
 * GitLab CI; undefined on a laptop.
 * @throws Failure if CI runs for no request, or gave no token.
 */
export function reviewPlace(variables: Variables): ReviewPlace | undefined {
  const { GITHUB_ACTIONS, GITLAB_CI, PLINTH_FORGE_TOKEN: token } = variables;
  if (GITHUB_ACTIONS !== 'true' && GITLAB_CI !== 'true') return undefined;
  const kind = GITHUB_ACTIONS === 'true' ? 'github' : 'gitlab';
  const [api, project, request] =
    kind === 'github'
      ? [
          variables.GITHUB_API_URL,
          variables.GITHUB_REPOSITORY,
          // `refs/pull/12/merge` in jobs of pull requests.
          /^refs\/pull\/(\d+)\//.exec(variables.GITHUB_REF ?? '')?.[1],
        ]
      : [variables.CI_API_V4_URL, variables.CI_PROJECT_ID, variables.CI_MERGE_REQUEST_IID];
  if (!api || !project || request === undefined) {
    throw new Failure(
      'this job runs for no pull request, and a comment needs one.',
      'Start it for pull requests alone; on a laptop it prints the same text.',
    );
  }
  if (!token) {
    throw new Failure(
      'PLINTH_FORGE_TOKEN is not set: a comment needs it.',
      kind === 'github'
        ? 'Give the step env: PLINTH_FORGE_TOKEN: $' +
            '{{ github.token }}, and the job the permission pull-requests: write.'
        : 'Make a project access token with the scope api, and set the masked variable PLINTH_FORGE_TOKEN to it.',
    );
  }
  return { kind, api: api.replace(/\/+$/, ''), project, request: Number(request), token };
}

/** First line of the comment, by which the next run finds it; nobody sees it. */
const mark = '<!-- plinth: effects of this change -->';

/** A comment of GitHub and a note of GitLab. */
const comment = z.object({ id: z.int(), body: z.string().nullable() });

/**
 * Writes the comment of this program to a request: changes the one of an earlier run, or adds the first one.
 * @see https://docs.github.com/en/rest/issues/comments, https://docs.gitlab.com/api/notes/
 */
export async function writeComment(place: ReviewPlace, text: string): Promise<'added' | 'changed' | 'same'> {
  const { list, headers, one, change } = pathsOf(place);
  const body = `${mark}\n${text}`;
  const known = await find(list, headers);
  if (known?.body === body) return 'same';
  const answer = comment;
  if (known === undefined) await askForge('POST', list, { headers, answer, body: { body } });
  else await askForge(change, one(known.id), { headers, answer, body: { body } });
  return known === undefined ? 'added' : 'changed';
}

async function find(
  list: string,
  headers: Record<string, string>,
): Promise<z.output<typeof comment> | undefined> {
  for await (const each of itemsOf({ list, size: ['per_page', 100], headers, item: comment }))
    if (each.body?.startsWith(mark)) return each;
  return undefined;
}

function pathsOf({ kind, api, project, request, token }: ReviewPlace) {
  if (kind === 'github') {
    const issues = `${api}/repos/${project}/issues`;
    return {
      list: `${issues}/${request}/comments`,
      one: (id: number) => `${issues}/comments/${id}`,
      change: 'PATCH',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
      },
    };
  }
  const notes = `${api}/projects/${encodeURIComponent(project)}/merge_requests/${request}/notes`;
  return {
    list: notes,
    one: (id: number) => `${notes}/${id}`,
    change: 'PUT',
    headers: { 'private-token': token, accept: 'application/json' },
  };
}
