import type { Engine } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';

/** The input of the first phase; every later phase has it too. */
export interface InitInput {
  /** Root of the repository. */
  root: string;
  environment: Environment;
  /** Map from `manifests/ENV/COMPONENT/KIND-NAME.yaml` to the file's text. */
  manifests: ReadonlyMap<string, string>;
  /** Number of manifest files that were written or removed. */
  changed: number;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** The input of every phase after 'Container engine'. */
export interface WithEngine extends InitInput {
  engine: Engine;
}
