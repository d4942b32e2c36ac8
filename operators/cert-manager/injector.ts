import type { Chart } from 'cdk8s';
import { certManagerNamespace as space } from '../../charts/kube/names.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { webhook } from './webhook.ts';
import { certManagerWorkload, lease, leases, read } from './workload.ts';

/** Name of the injector: of its image and its objects. */
export const cainjector = 'cert-manager-cainjector';

/** Webhook configurations into which the injector writes a CA. */
const injected = [webhook, 'trust-manager'];

/** The injector, which writes CAs into webhook configurations. */
export function injector(chart: Chart, image: string): void {
  certManagerWorkload(chart, {
    name: cainjector,
    image,
    configuration: {
      apiVersion: 'cainjector.config.cert-manager.io/v1alpha1',
      kind: 'CAInjectorConfiguration',
      leaderElectionConfig: { enabled: true, namespace: space, ...lease },
      enableDataSourceConfig: { certificates: false },
      enableInjectableConfig: {
        validatingWebhookConfigurations: true,
        mutatingWebhookConfigurations: true,
        customResourceDefinitions: false,
        apiServices: false,
      },
      metricsListenAddress: '0',
    },
    ports: [],
  });
  clusterRole(chart, cainjector, { serviceAccount: cainjector, namespace: space }, [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      verbs: read,
    },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      resourceNames: injected,
      verbs: ['update', 'patch'],
    },
    // Secrets of webhook certificates, in the namespaces that annotations name.
    { apiGroups: [''], resources: ['secrets'], verbs: read },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  ]);
  leases(chart, cainjector, ['cert-manager-cainjector-leader-election']);
}
