import type { Environment } from '../../model/graph.ts';
import { previewPattern } from '../../model/schema/previews.ts';

/** What cluster.yaml says of databases; that of a preview is one instance without backups, since it is thrown away. */
export function databaseSettings(env: Environment, app: string): Environment['cluster']['databases'] {
  const { databases } = env.cluster;
  return previewPattern.test(app) ? { ...databases, instances: 1, backups: undefined } : databases;
}
