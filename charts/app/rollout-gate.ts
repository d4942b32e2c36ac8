import type { Chart } from 'cdk8s';
import { rolloutGate } from '../../model/rollout.ts';
import { role } from '../kube/rbac.ts';

/**
 * Rights of the gate of roll-outs in the namespace of an app. They are part of the app: the gate does not wait for the app, whose pods wait
 * for the gate. By an admission policy it changes nothing of a pod but one condition.
 */
export function rightsOfGate(chart: Chart, namespace: string): void {
  role(chart, rolloutGate, namespace, { serviceAccount: rolloutGate, namespace: rolloutGate }, [
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
  ]);
}
