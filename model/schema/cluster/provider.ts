import { z } from 'zod';
import { network } from '../network.ts';
import { nodePorts } from '../node-ports.ts';
import { tcpPort } from '../tcp-port.ts';

export const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'")
  .describe("The AWS region, such as 'eu-central-1'.");

const awsAccount = z
  .string()
  .regex(/^\d{12}$/, "the number of an AWS account in quotes, such as '123456789012'")
  .describe('AWS account number. Credentials of another account are refused.');

/** A public key as in a line of authorized_keys. */
const publicKey = z
  .string()
  .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-\S+) [A-Za-z0-9+/=]+( [^\n]*)?$/, 'a public SSH key');

/** Origin of the cluster's machines. */
export const provider = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('kind').describe('Containers on this machine, created by Kind.'),
    ports: z
      .strictObject({
        http: tcpPort.default(8080).describe('HTTP port of the gateway, which redirects to HTTPS.'),
        https: tcpPort.default(8443).describe('HTTPS port of the gateway.'),
        registry: tcpPort.default(5002).describe("Port of the registry for the team's own images."),
      })
      .prefault({})
      .describe("Ports of the cluster on this machine's loopback address."),
  }),
  z.strictObject({
    kind: z.literal('machines').describe('Existing machines, installed by Ansible over SSH.'),
    ports: z
      .strictObject({
        http: tcpPort.default(nodePorts.http).describe('HTTP port, which redirects to HTTPS.'),
        https: tcpPort.default(nodePorts.https).describe('HTTPS port.'),
      })
      .prefault({})
      .describe(
        `Ports at which visitors reach the gateway. Every node listens on ${nodePorts.http} (HTTP) and ${nodePorts.https} (HTTPS); set other ports where your load balancer or firewall forwards them to these.`,
      ),
    buckets: z
      .strictObject({ region: awsRegion, account: awsAccount })
      .optional()
      .describe(
        'AWS account in which the stacks create buckets for backups, logs and traces. Default: no buckets.',
      ),
    ssh: z
      .strictObject({
        user: z
          .string()
          .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "the name of a user such as 'root'")
          .default('root')
          .describe('User for SSH; it must be able to become root.'),
        port: tcpPort.default(22).describe('Port of sshd.'),
        keys: z
          .array(publicKey)
          .default([])
          .describe('The only public keys that may log in. An empty list keeps the keys of the machine.'),
      })
      .prefault({})
      .describe('SSH access to the machines.'),
    network: network
      .optional()
      .describe(
        'Network of the machines, such as 10.0.0.0/24; traffic between nodes is allowed from it. Default: allowed from the address of each node.',
      ),
  }),
  z.strictObject({
    kind: z.literal('aws').describe('EC2 instances, created by the stacks.'),
    region: awsRegion,
    account: awsAccount,
    zones: z
      .number()
      .int()
      .min(1)
      .max(6)
      .default(2)
      .describe('Number of availability zones, starting with `a`; the nodes of a role are spread over them.'),
    nat: z
      .enum(['one', 'per-zone', 'none'])
      .default('one')
      .describe(
        'Internet access of the nodes: through one NAT gateway, through one per zone (tolerates the loss of a zone), or without NAT through public addresses that accept no connection (costs least).',
      ),
  }),
]);
