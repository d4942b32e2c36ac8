import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** A service account. No pod gets its token but by `kubernetesApi` of its own pod spec. */
export function serviceAccount(chart: Chart, name: string, namespace: string): void {
  new k8s.KubeServiceAccount(chart, `service-account-${name}`, {
    metadata: { name, namespace },
    automountServiceAccountToken: false,
  });
}
