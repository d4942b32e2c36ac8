import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Cluster } from '../../model/schema/cluster.ts';
import { type Machine, machineSchema } from '../../model/schema/machine.ts';
import { Failure } from '../cli/failure.ts';

/** Outputs of the stack about the nodes. */
const outputs = z.object({
  nodes: z.array(machineSchema),
  /** Address of the load balancer in front of the API servers. */
  endpoint: z.string().optional(),
  /** Public address of the service account issuer's keys. */
  serviceAccountIssuer: z.url({ protocol: /^https$/ }).optional(),
});

/** The machines of a cluster, from cluster.yaml or from the outputs of the stacks. */
export interface Machines {
  machines: Machine[];
  /** Address of the API server. */
  endpoint: string;
  /** Issuer of service account tokens. Default: a name that only the cluster knows. */
  serviceAccountIssuer?: string | undefined;
}

/**
 * The machines of cluster.yaml's provider.
 *
 * @param outputsFile file with the output of `pulumi stack output --json`; required if the provider is a cloud.
 */
export async function machinesOf(
  environment: string,
  cluster: Cluster,
  outputsFile?: string,
): Promise<Machines> {
  const { provider, nodes, kubernetes } = cluster;
  const file = `clusters/${environment}/cluster.yaml`;
  if (provider.kind === 'kind') {
    throw new Failure(
      `${file}: the provider is 'kind', whose nodes are containers that Kind makes.`,
      environment === 'dev'
        ? 'Type: npm run init-cluster'
        : `Type: npm run init-cluster -- --env ${environment}`,
    );
  }
  if (provider.kind === 'machines') {
    const machines = nodes.map(({ name, role, address = '' }) => {
      if (address === '')
        throw new Failure(`${file}: the node '${name}' has no address.`, `Add address: HOST to '${name}'.`);
      return { name, role, address, privateAddress: address };
    });
    const stack = outputsFile === undefined ? undefined : await readOutputs(environment, outputsFile);
    return {
      ...withEndpoint(machines, kubernetes.virtualAddress ?? kubernetes.endpoint, file),
      serviceAccountIssuer: stack?.serviceAccountIssuer,
    };
  }
  if (outputsFile === undefined) {
    throw new Failure(
      `${file}: the provider is '${provider.kind}', and only its stack knows where the machines are.`,
      `Type: pulumi stack output --json --stack ${environment} > outputs.json, then the same command with --outputs outputs.json`,
    );
  }
  const { nodes: made, endpoint, serviceAccountIssuer } = await readOutputs(environment, outputsFile);
  return { ...withEndpoint(made, kubernetes.endpoint ?? endpoint, file), serviceAccountIssuer };
}

async function readOutputs(environment: string, file: string): Promise<z.infer<typeof outputs>> {
  const parsed = outputs.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Failure(
    `${file} is not what the nodes' stack writes: ${z.prettifyError(parsed.error)}`,
    `Write it again: pulumi stack output --json --stack ${environment} > ${file}`,
  );
}

function withEndpoint(machines: Machine[], endpoint: string | undefined, file: string): Machines {
  const controlPlanes = machines.filter(({ role }) => role === 'control-plane');
  const [first] = controlPlanes;
  if (first === undefined)
    throw new Failure(`${file}: no node is a control plane.`, 'Write role: control-plane at one.');
  if (endpoint === undefined && controlPlanes.length > 1) {
    throw new Failure(
      `${file}: ${controlPlanes.length} nodes are control planes, and nothing says at which address they answer together.`,
      'Add to kubernetes either virtualAddress: ADDRESS, a free one that they hold among themselves, or endpoint: ADDRESS, that of a load balancer before port 6443 of each of them.',
    );
  }
  return { machines, endpoint: endpoint ?? first.privateAddress };
}
