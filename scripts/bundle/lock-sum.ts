import { join } from 'node:path';
import { sha256Of } from '../../images/cache/index.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** The checksum of images/lock.yaml: another one names other images. */
export function lockSum(): Promise<string> {
  return sha256Of(join(repositoryRoot, 'images', 'lock.yaml'));
}
