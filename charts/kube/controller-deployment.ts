import type { Chart } from 'cdk8s';
import { type DeploymentInput, deployment } from './deployment.ts';
import { nonRoot, type PodInput } from './pod.ts';

/** Its pod: the account is its own, the user needs no name unless its image asks for a certain one. */
type ControllerPod = Omit<PodInput, 'serviceAccountName' | 'kubernetesApi' | 'user'> & { user?: number };

/** A program that acts through the Kubernetes API, with the rights of the service account of its name. */
export function controllerDeployment(
  chart: Chart,
  { name, pod, ...input }: Omit<DeploymentInput, 'pod'> & { pod: ControllerPod },
): void {
  deployment(chart, {
    name,
    ...input,
    pod: { serviceAccountName: name, kubernetesApi: true, user: nonRoot, ...pod },
  });
}
