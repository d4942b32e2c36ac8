import type { k8s } from 'cdk8s-plus-28';
import type { Environment } from '../../model/graph.ts';
import { awsAccount, bucketName } from '../../model/schema/aws-role.ts';
import { awsRole } from '../app/aws-role.ts';
import type { Flow } from '../kube/network-policy.ts';

/** A bucket that the stacks create, and the credentials of the operator's pod for it. */
export interface Bucket {
  name: string;
  region: string;
  volume: k8s.Volume;
  volumeMount: k8s.VolumeMount;
  env: k8s.EnvVar[];
}

const volume = 'aws';
const folder = '/aws';

/** The addresses of S3 change, so the flow allows every address. */
export const toBucket: Flow = { ports: [{ port: 443 }] };

/**
 * The bucket in which an operator stores signals. `stacks/storage` creates it, `stacks/access` the role of the operator's service
 * account. Undefined if the stacks create none: the operator stores them on its volume.
 */
export function signalBucket(
  env: Environment,
  operator: string,
  purpose: 'logs' | 'traces',
): Bucket | undefined {
  const place = awsAccount(env.cluster);
  const role = awsRole(env, operator, folder);
  if (place === undefined || role === undefined) return undefined;
  return {
    name: bucketName(env.cluster.name, purpose, place.account),
    region: place.region,
    volume: { name: volume, projected: { defaultMode: 0o440, sources: [role.source] } },
    volumeMount: { name: volume, mountPath: folder, readOnly: true },
    env: role.env,
  };
}
