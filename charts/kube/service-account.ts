import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** A service account. A pod gets its token only with `kubernetesApi` in its pod spec. */
export function serviceAccount(chart: Chart, name: string, namespace: string): void {
  new k8s.KubeServiceAccount(chart, `service-account-${name}`, {
    metadata: { name, namespace },
    automountServiceAccountToken: false,
  });
}
