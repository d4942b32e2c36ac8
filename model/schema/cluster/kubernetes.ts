import { z } from 'zod';
import { machineAddress } from './machine-address.ts';

/** Distribution and version of Kubernetes, and the address of its API server. */
export const kubernetes = z.strictObject({
  distribution: z
    .enum(['kubeadm', 'k3s'])
    .default('kubeadm')
    .describe('Kubernetes distribution; a Kind cluster always uses kubeadm.'),
  version: z
    .string()
    .regex(/^v\d+\.\d+\.\d+$/, "a version such as 'v1.36.4'")
    .describe('Version of images/lock.yaml; on machines also the previous minor version.'),
  endpoint: machineAddress
    .optional()
    .describe(
      'Address of the API server; with several control planes that of a load balancer. Default: the address of the first control plane.',
    ),
  virtualAddress: z
    .ipv4()
    .optional()
    .describe(
      'Virtual address of the API server, instead of endpoint, with the provider `machines`: a free address of their network. The control planes share it (VRRP, keepalived); it moves when the API server of its holder does not answer.',
    ),
});
