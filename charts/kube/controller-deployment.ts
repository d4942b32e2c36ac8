import type { Chart } from 'cdk8s';
import { type DeploymentInput, deployment } from './deployment.ts';
import { nonRoot, type PodInput } from './pod.ts';

/** Its pod. The account has the Deployment's name; the user is needed only if the image requires one. */
type ControllerPod = Omit<PodInput, 'serviceAccountName' | 'kubernetesApi' | 'user'> & { user?: number };

/** A program that uses the Kubernetes API with the rights of the service account of its name. */
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
