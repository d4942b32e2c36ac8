import { z } from 'zod';
import { type ForgeApi, forgeApi } from '../../model/forge.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import { askForge } from '../forge/ask.ts';
import { type ForgeList, itemsOf } from '../forge/items.ts';

/** A request to merge a branch: a pull request, or a merge request. */
export interface PullRequest {
  number: number;
  /** Branch to merge. */
  branch: string;
  /** Web address of the request. */
  url: string;
}

/** Operations of a forge. */
export interface Forge {
  /** Open requests to merge into the branch. */
  open: (into: string) => Promise<PullRequest[]>;
  create: (request: { branch: string; into: string; title: string; body: string }) => Promise<PullRequest>;
  update: (request: PullRequest, change: { title: string; body: string }) => Promise<void>;
  close: (request: PullRequest) => Promise<void>;
}

type Source = Extract<Cluster['source'], { kind: 'git' }>;

/**
 * The forge of cluster.yaml, with the token of `PLINTH_FORGE_TOKEN`; undefined if cluster.yaml has none.
 * @throws Failure if there is no token.
 */
export function forgeOf(source: Source): Forge | undefined {
  const forge = forgeApi(source);
  if (forge === undefined) return undefined;
  const token = process.env.PLINTH_FORGE_TOKEN;
  if (!token) {
    throw new Failure(
      `source.forge is ${forge.kind}, and PLINTH_FORGE_TOKEN is not set.`,
      `Make a token that may open ${forge.kind === 'gitlab' ? 'merge' : 'pull'} requests there, and set PLINTH_FORGE_TOKEN to it.`,
    );
  }
  const clients = { github, gitlab, gitea };
  return clients[forge.kind]({ ...forge, token });
}

interface Place extends ForgeApi {
  token: string;
}

const hubRequest = z.object({ number: z.int(), html_url: z.string(), head: z.object({ ref: z.string() }) });

const fromHub = ({ number, html_url, head }: z.output<typeof hubRequest>): PullRequest => ({
  number,
  branch: head.ref,
  url: html_url,
});

/** @see https://docs.github.com/en/rest/pulls/pulls */
function github({ api, project, token }: Place): Forge {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  };
  const pulls = `${api}/repos/${project}/pulls`;
  return {
    open: async (into) => {
      const query = { state: 'open', base: into };
      return (await all({ list: pulls, query, size: ['per_page', 100], headers, item: hubRequest })).map(
        fromHub,
      );
    },
    ...writesOf(pulls, headers),
  };
}

/** Operations that are the same for GitHub and Gitea. */
function writesOf(pulls: string, headers: Record<string, string>): Omit<Forge, 'open'> {
  return {
    create: async ({ branch, into, title, body }) =>
      fromHub(await ask('POST', pulls, headers, hubRequest, { title, body, head: branch, base: into })),
    update: async ({ number }, change) => {
      await ask('PATCH', `${pulls}/${number}`, headers, hubRequest, change);
    },
    close: async ({ number }) => {
      await ask('PATCH', `${pulls}/${number}`, headers, hubRequest, { state: 'closed' });
    },
  };
}

/** Forgejo has the same API. @see https://docs.gitea.com/api, 'repository', pulls */
function gitea({ api, project, token }: Place): Forge {
  const headers = { authorization: `token ${token}`, accept: 'application/json' };
  const pulls = `${api}/repos/${project}/pulls`;
  return {
    open: async (into) => {
      const item = hubRequest.extend({ base: z.object({ ref: z.string() }) });
      const open = await all({ list: pulls, query: { state: 'open' }, size: ['limit', 50], headers, item });
      return open.filter(({ base }) => base.ref === into).map(fromHub);
    },
    ...writesOf(pulls, headers),
  };
}

const mergeRequest = z.object({ iid: z.int(), web_url: z.string(), source_branch: z.string() });

const fromLab = ({ iid, web_url, source_branch }: z.output<typeof mergeRequest>): PullRequest => ({
  number: iid,
  branch: source_branch,
  url: web_url,
});

/** @see https://docs.gitlab.com/api/merge_requests/ */
function gitlab({ api, project, token }: Place): Forge {
  const headers = { 'private-token': token, accept: 'application/json' };
  const requests = `${api}/projects/${encodeURIComponent(project)}/merge_requests`;
  return {
    open: async (into) => {
      const query = { state: 'opened', target_branch: into };
      const open = await all({
        ...{ list: requests, query, size: ['per_page', 100] as const, headers },
        item: mergeRequest,
      });
      return open.map(fromLab);
    },
    create: async ({ branch, into, title, body }) =>
      fromLab(
        await ask('POST', requests, headers, mergeRequest, {
          source_branch: branch,
          target_branch: into,
          title,
          description: body,
          remove_source_branch: true,
        }),
      ),
    update: async ({ number }, { title, body }) => {
      await ask('PUT', `${requests}/${number}`, headers, mergeRequest, { title, description: body });
    },
    close: async ({ number }) => {
      await ask('PUT', `${requests}/${number}`, headers, mergeRequest, { state_event: 'close' });
    },
  };
}

/** The branch of a promotion is pushed before its request is opened. */
const soFar = 'The branch is pushed. ';

async function all<S extends z.ZodType>(list: ForgeList<S>): Promise<z.output<S>[]> {
  const found: z.output<S>[] = [];
  for await (const each of itemsOf({ ...list, soFar })) found.push(each);
  return found;
}

function ask<S extends z.ZodType>(
  method: string,
  url: string,
  headers: Record<string, string>,
  answer: S,
  body?: object,
): Promise<z.output<S>> {
  return askForge(method, url, { headers, answer, body, soFar });
}
