import type { GitRepository } from './objects.ts';
import { shortRevision } from './reading.ts';

/** The Git repository that Flux reads. */
export interface SourceState {
  url: string;
  branch: string;
  /** The last fetched revision: `main@0123abcd`; empty before the first. */
  revision: string;
  fetched: string;
}

export function sourceState({ spec, status }: GitRepository): SourceState {
  return {
    url: spec?.url ?? '',
    branch: spec?.ref?.branch ?? '',
    revision: shortRevision(status?.artifact?.revision ?? ''),
    fetched: status?.artifact?.lastUpdateTime ?? '',
  };
}
