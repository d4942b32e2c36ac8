import type { GitRepository } from './objects.ts';

/** A commit of the manifests. */
export interface ChangeState {
  /** The whole hash. */
  commit: string;
  subject: string;
  author: string;
  at: string;
  /** Folders of `manifests/ENV` that it touched: `orders`. */
  parts: string[];
  /** Flux has not fetched it yet. */
  coming: boolean;
}

/** Annotation of the GitRepository in which the cluster's Git server writes the last commits at every push. */
export const changesAnnotation = 'plinth.io/changes';

/** The last commits, newest first; none where the repository is held elsewhere and nobody tells. */
export function changeStates({ metadata, status }: GitRepository): ChangeState[] {
  const changes = parse(metadata.annotations?.[changesAnnotation] ?? '[]');
  const revision = status?.artifact?.revision ?? '';
  const fetched = changes.findIndex(({ commit }) => revision.endsWith(`:${commit}`));
  return changes.map((change, index) => ({ ...change, coming: index < fetched }));
}

/** Who may push may write here what he likes: what is no commit is left out. */
function parse(text: string): Omit<ChangeState, 'coming'>[] {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(all) ? all.flatMap(change) : [];
}

function change(entry: unknown): Omit<ChangeState, 'coming'>[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { commit, subject, author, at, parts } = entry as Record<string, unknown>;
  if (typeof commit !== 'string' || !/^[0-9a-f]{40,64}$/.test(commit)) return [];
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return [];
  if (typeof subject !== 'string' || typeof author !== 'string' || !Array.isArray(parts)) return [];
  return [{ commit, subject, author, at, parts: parts.filter((part) => typeof part === 'string') }];
}
