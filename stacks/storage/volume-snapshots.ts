import { LifecyclePolicy } from '@pulumi/aws/dlm/lifecyclePolicy.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { ComponentResource, type ComponentResourceOptions } from '@pulumi/pulumi/index.js';
import { jsonStringify } from '@pulumi/pulumi/output.js';
import { volumeTag } from '../../model/schema/aws-role.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { policy } from '../access/policy.ts';

/**
 * Snapshots of all EBS volumes of a cluster by Amazon's Data Lifecycle Manager, which needs no program in the cluster. The CSI driver gives each
 * volume that it makes the tag `kubernetes.io/cluster/NAME` (its option `--k8s-tag-cluster-id`).
 */
export class VolumeSnapshots extends ComponentResource {
  constructor(
    name: string,
    { cluster, snapshots }: { cluster: Pick<Cluster, 'name'>; snapshots: NonNullable<Cluster['snapshots']> },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:VolumeSnapshots', name, {}, options);
    const ofVolumes = volumeTag(cluster.name);
    const ofSnapshots = { key: 'plinth.io/snapshots-of', value: cluster.name };
    const title = `${cluster.name}-snapshots`;
    const role = new Role(
      'snapshots',
      {
        name: title,
        assumeRolePolicy: jsonStringify(
          policy({
            Sid: 'LifecycleManager',
            Effect: 'Allow',
            Principal: { Service: 'dlm.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
        ),
      },
      { parent: this },
    );
    const rights = new RolePolicy(
      'snapshots',
      { name: 'snapshots', role: role.name, policy: jsonStringify(rightsOn(ofVolumes, ofSnapshots)) },
      { parent: role },
    );
    new LifecyclePolicy(
      'snapshots',
      {
        // Letters, digits, spaces, '_' and '-' alone.
        description: `Volumes of ${cluster.name}`,
        executionRoleArn: role.arn,
        state: 'ENABLED',
        policyDetails: {
          resourceTypes: ['VOLUME'],
          targetTags: { [ofVolumes]: 'owned' },
          schedules: [
            {
              name: 'all volumes',
              createRule: { interval: snapshots.every, intervalUnit: 'HOURS', times: snapshots.at },
              retainRule: { count: snapshots.keep },
              // Among them the names of the claim and its namespace, by which a snapshot is found.
              copyTags: true,
              tagsToAdd: { [ofSnapshots.key]: ofSnapshots.value },
            },
          ],
        },
        tags: { Name: title },
      },
      { parent: this, dependsOn: [rights] },
    );
    this.registerOutputs({});
  }
}

/** Read actions have no resources; the role cannot copy other volumes or delete other snapshots. */
function rightsOn(ofVolumes: string, ofSnapshots: { key: string; value: string }) {
  const snapshots = 'arn:aws:ec2:*::snapshot/*';
  return policy(
    {
      Sid: 'Find',
      Effect: 'Allow',
      Action: ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:DescribeInstances'],
      Resource: '*',
    },
    {
      Sid: 'CopyVolumes',
      Effect: 'Allow',
      Action: 'ec2:CreateSnapshot',
      Resource: 'arn:aws:ec2:*:*:volume/*',
      Condition: { StringEquals: { [`aws:ResourceTag/${ofVolumes}`]: 'owned' } },
    },
    { Sid: 'MakeSnapshots', Effect: 'Allow', Action: 'ec2:CreateSnapshot', Resource: snapshots },
    // The manager may tag a snapshot after it has made it, so that no condition on its making would hold.
    { Sid: 'TagSnapshots', Effect: 'Allow', Action: 'ec2:CreateTags', Resource: snapshots },
    {
      Sid: 'RemoveOldSnapshots',
      Effect: 'Allow',
      Action: 'ec2:DeleteSnapshot',
      Resource: snapshots,
      Condition: { StringEquals: { [`aws:ResourceTag/${ofSnapshots.key}`]: ofSnapshots.value } },
    },
  );
}
