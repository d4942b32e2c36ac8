import { z } from 'zod';
import { dnsLabel } from '../kubernetes-names.ts';
import { gpus, nodeKey, nodeValue } from '../node-choice.ts';
import { bytes, cores } from '../resources.ts';
import { machineAddress } from './machine-address.ts';

/** One node of the cluster. */
export const node = z.strictObject({
  name: dnsLabel.describe('Name of the node and of its machine.'),
  role: z
    .enum(['control-plane', 'worker'])
    .describe('`control-plane`: API server and etcd, on one node or three. `worker`: apps.'),
  cpu: cores.default('2').describe('Cores that pods can reserve; the reservations of the apps must fit.'),
  memory: bytes
    .default('4Gi')
    .describe('Bytes that pods can reserve; the reservations of the apps must fit.'),
  disk: z
    .string()
    .regex(/^[1-9]\d*Gi$/, "whole gibibytes such as '50Gi'")
    .default('50Gi')
    .describe('Size of the disk that the stacks create.'),
  address: machineAddress.optional().describe('Address for SSH; required with the provider `machines`.'),
  architecture: z
    .enum(['amd64', 'arm64'])
    .optional()
    .describe(
      'Processor of the machine, for which images are published; the same for all nodes. Default: amd64.',
    ),
  instanceType: z
    .string()
    .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type such as 't3.large'")
    .optional()
    .describe('EC2 instance type, such as t3.large; required with the provider `aws`.'),
  labels: z
    .record(nodeKey, nodeValue)
    .default({})
    .describe('Labels of the node, such as disk: ssd, by which apps choose nodes.'),
  taints: z
    .record(nodeKey, nodeValue)
    .default({})
    .describe('Taints of the node, from key to value: only apps that tolerate them run there (NoSchedule).'),
  gpus: gpus
    .default({})
    .describe(
      'Number of GPUs by the name of their extended resource, such as nvidia.com/gpu: 1. The driver and the device plugin of the vendor offer them.',
    ),
});

export type ClusterNode = z.infer<typeof node>;
