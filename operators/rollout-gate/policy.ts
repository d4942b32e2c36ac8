import type { Chart } from 'cdk8s';
import { admissionPolicy } from '../../charts/kube/admission-policy.ts';
import { fewErrors, gatePolicy } from '../../charts/kube/names.ts';
import { rolloutGate } from '../../model/rollout.ts';

/** Metadata that a write of the status could change as well (Kubernetes API server, strategy of `pods/status`). */
const metadata = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** Every field of a pod's status but its conditions (Kubernetes API, `PodStatus`). */
const status = [
  ...['observedGeneration', 'phase', 'message', 'reason', 'nominatedNodeName', 'hostIP', 'hostIPs'],
  ...['podIP', 'podIPs', 'startTime', 'initContainerStatuses', 'containerStatuses', 'qosClass'],
  ...['ephemeralContainerStatuses', 'resize', 'resourceClaimStatuses', 'extendedResourceClaimStatus'],
  ...['allocatedResources', 'resources', 'nodeAllocatableResourceClaimStatuses'],
];

const isIt = (condition: string) => `${condition}.type == '${fewErrors}'`;
const others = (object: string) => `${object}.status.conditions.filter(c, c.type != '${fewErrors}')`;
const isClosed = (object: string) =>
  `(has(${object}.status.conditions) && ${object}.status.conditions.exists(c, ${isIt('c')} && c.status == 'False'))`;

/**
 * The right to write the status of pods includes their readiness, addresses and phase; by this policy the gate writes one condition, of pods
 * that name it as a readiness gate. It never opens a closed gate: two replicas could disagree.
 */
export function gatePolicyObjects(chart: Chart): void {
  admissionPolicy(chart, gatePolicy, {
    rule: { groups: [''], resources: ['pods/status'], operations: ['UPDATE'] },
    conditions: [
      {
        name: 'is-the-gate',
        expression: `request.userInfo.username == 'system:serviceaccount:${rolloutGate}:${rolloutGate}'`,
      },
    ],
    validations: [
      {
        expression: `has(object.spec.readinessGates) && object.spec.readinessGates.exists(g, g.conditionType == '${fewErrors}')`,
        message: `the gate writes only to pods that have the readiness gate ${fewErrors}`,
        reason: 'Forbidden',
      },
      {
        expression: [
          ...metadata.map((key) => staysSame('metadata', key)),
          ...status.map((key) => staysSame('status', key)),
          'has(object.status.conditions)',
          `(has(oldObject.status.conditions) ? ${others('oldObject')} : []) == ${others('object')}`,
        ].join(' && '),
        message: `the gate changes nothing of a pod but the condition ${fewErrors}`,
        reason: 'Forbidden',
      },
      {
        expression: `!${isClosed('oldObject')} || ${isClosed('object')}`,
        message: 'the gate does not open for a pod for which it has closed: delete the pod to try again',
        reason: 'Forbidden',
      },
    ],
  });
}

function staysSame(part: 'metadata' | 'status', key: string): string {
  const [now, before] = ['object', 'oldObject'].map((object) => `${object}.${part}.${key}`);
  return `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`;
}
