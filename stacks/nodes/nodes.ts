import { Instance } from '@pulumi/aws/ec2/instance.js';
import { LaunchTemplate } from '@pulumi/aws/ec2/launchTemplate.js';
import type { InstanceProfile } from '@pulumi/aws/iam/instanceProfile.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import type { Cluster } from '../../model/schema/cluster.ts';
import { nodeRoles } from '../network/flows.ts';
import type { Network } from '../network/network.ts';
import { machineImageId } from './machine-image.ts';

type NodeRole = 'control-plane' | 'worker';

/** A node as Ansible and people are told of it: one entry of the output `nodes`. */
export interface NodeAddress {
  name: string;
  role: NodeRole;
  /** What SSH is given: the instance's id, through the session manager. */
  address: Output<string> | string;
  privateAddress: Output<string> | string;
  /** Absent of machines that are not EC2's. */
  instanceId?: Output<string>;
}

/**
 * The instances that cluster.yaml names. All are protected: control planes hold etcd, workers hold volumes of
 * local-path. What cannot be changed in place is refused until someone lets one go by `pulumi state unprotect`.
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
      /** Whether they have public addresses, which are their way out and nobody's way in. */
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
              // The model refuses a node of AWS without a type.
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
            // Two machines that claim to be the same node would fight.
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
          // Version 2 only, and one hop: a pod that can make the node ask for it still gets no credentials of the node.
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
