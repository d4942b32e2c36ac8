import { Instance } from '@pulumi/aws/ec2/instance.js';
import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js';
import type { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import type { Cluster } from '../../model/schema/cluster.ts';
import type { Network } from '../network/network.ts';
import { nodeRoles } from '../network/network-flows.ts';
import { machineImageId } from './machine-image.ts';

type NodeRole = 'control-plane' | 'worker';

/** One entry of the output `nodes`, for Ansible and people. */
export interface NodeAddress {
  name: string;
  role: NodeRole;
  /** Host for SSH: the instance id, through the session manager. */
  address: Output<string> | string;
  privateAddress: Output<string> | string;
  /** Absent for machines other than EC2 instances. */
  instanceId?: Output<string>;
}

/**
 * The instances of cluster.yaml. All are protected: control planes have etcd, workers have volumes of local-path. A change
 * that replaces an instance is refused until `pulumi state unprotect` releases it.
 */
export class Nodes extends ComponentResource {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly addresses: NodeAddress[];

  constructor(
    name: string,
    args: {
      cluster: Cluster;
      network: Network;
      profiles: ReadonlyMap<NodeRole, InstanceProfile>;
      /** Whether they have public addresses for egress; security groups deny ingress. */
      publicAddresses: boolean;
    },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Nodes', name, {}, options);
    const { cluster, network, profiles, publicAddresses } = args;
    const imageId = machineImageId(this);
    const templates = new Map(
      nodeRoles(cluster).map((role) => [role, this.template(cluster.name, role, imageId, network, profiles)]),
    );
    const instances = nodeRoles(cluster).flatMap((role) =>
      cluster.nodes
        .filter((node) => node.role === role)
        .map((node, index): [string, Instance] => {
          const template = templates.get(role);
          const subnet = network.nodeSubnets[index % network.nodeSubnets.length];
          if (template === undefined || subnet === undefined) throw new Error(`no subnet for ${node.name}`);
          const instance = new Instance(
            node.name,
            {
              launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
              // The model refuses an AWS node without a type.
              ...(node.instanceType === undefined ? {} : { instanceType: node.instanceType }),
              subnetId: subnet.id,
              associatePublicIpAddress: publicAddresses,
              disableApiTermination: true,
              rootBlockDevice: {
                encrypted: true,
                volumeType: 'gp3',
                volumeSize: Number.parseInt(node.disk, 10),
                deleteOnTermination: true,
              },
              tags: { Name: `${cluster.name}-${node.name}`, 'plinth:role': role },
              volumeTags: { Name: `${cluster.name}-${node.name}` },
            },
            // Two machines must not register as the same node.
            { parent: this, protect: true, deleteBeforeReplace: true },
          );
          return [node.name, instance];
        }),
    );
    this.instances = new Map(instances);
    this.addresses = instances.map(([node, instance]) => ({
      name: node,
      role: cluster.nodes.find((known) => known.name === node)?.role ?? 'worker',
      address: instance.id,
      privateAddress: instance.privateIp,
      instanceId: instance.id,
    }));
    this.registerOutputs({ nodes: this.addresses });
  }

  private template(
    cluster: string,
    role: NodeRole,
    imageId: Output<string>,
    network: Network,
    profiles: ReadonlyMap<NodeRole, InstanceProfile>,
  ): LaunchTemplate {
    const profile = profiles.get(role);
    return new LaunchTemplate(
      role,
      {
        name: `${cluster}-${role}`,
        imageId,
        ...(profile === undefined ? {} : { iamInstanceProfile: { arn: profile.arn } }),
        vpcSecurityGroupIds: [network.groups[role].id],
        metadataOptions: {
          httpEndpoint: 'enabled',
          // IMDSv2 with one hop: a pod cannot get the node's credentials, even through a server-side request forgery.
          httpTokens: 'required',
          httpPutResponseHopLimit: 1,
        },
        updateDefaultVersion: true,
        tags: { Name: `${cluster}-${role}` },
      },
      { parent: this },
    );
  }
}
