import { volumeTag } from '../../model/schema/aws-role.ts';
import type { Statement } from './policy.ts';

/**
 * Rights of the EBS driver: it can create disks with the tag of this cluster, and change, attach and delete only disks with
 * that tag; it can attach them only to this cluster's instances.
 */
export function useOfVolumes(
  cluster: string,
  { account, region }: { account: string; region: string },
): Statement[] {
  const volumes = `arn:aws:ec2:${region}:${account}:volume/*`;
  const tag = volumeTag(cluster);
  const ours = { StringEquals: { [`aws:ResourceTag/${tag}`]: 'owned' } };
  return [
    {
      Sid: 'Look',
      Effect: 'Allow',
      Action: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeInstances',
        'ec2:DescribeVolumes',
        'ec2:DescribeVolumesModifications',
        'ec2:DescribeVolumeStatus',
      ],
      Resource: '*',
    },
    {
      Sid: 'Make',
      Effect: 'Allow',
      Action: 'ec2:CreateVolume',
      Resource: volumes,
      Condition: { StringEquals: { [`aws:RequestTag/${tag}`]: 'owned' } },
    },
    {
      Sid: 'Tag',
      Effect: 'Allow',
      Action: 'ec2:CreateTags',
      Resource: volumes,
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateVolume' } },
    },
    {
      Sid: 'Use',
      Effect: 'Allow',
      Action: ['ec2:AttachVolume', 'ec2:DetachVolume', 'ec2:ModifyVolume', 'ec2:DeleteVolume'],
      Resource: volumes,
      Condition: ours,
    },
    {
      Sid: 'Instances',
      Effect: 'Allow',
      Action: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
      Condition: { StringEquals: { 'aws:ResourceTag/plinth:cluster': cluster } },
    },
  ];
}
