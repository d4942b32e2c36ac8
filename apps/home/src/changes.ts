import type { GitRepository } from './objects.ts';

/** A commit of the manifests. */
export interface ChangeState {
  /** The full hash. */
  commit: string;
  subject: string;
  author: string;
  at: string;
  /** Changed folders of `manifests/ENV`: `orders`. */
  parts: string[];
  /** Whether Flux has not fetched it yet. */
  coming: boolean;
}

/**
 * Annotation of the GitRepository in which the cluster's Git server writes the last commits at every push.
 */
export const changesAnnotation = 'plinth.io/changes';

/** The last commits, newest first; empty if the repository is outside of the cluster. */
export function changeStates({ metadata, status }: GitRepository): ChangeState[] {
  const changes = parse(metadata.annotations?.[changesAnnotation] ?? '[]');
  const revision = status?.artifact?.revision ?? '';
  const fetched = changes.findIndex(({ commit }) => revision.endsWith(`:${commit}`));
  return changes.map((change, index) => ({ ...change, coming: index < fetched }));
}

/** Everyone who may push can write any text here, so entries that are not commits are left out. */
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
