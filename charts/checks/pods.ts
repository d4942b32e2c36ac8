import { onceEach } from '../../model/once-each.ts';
import type { Rule } from '../../model/schema/exception.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { field, listField, textField } from '../kube/field.ts';
import { annotations } from '../kube/names.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, type ViolationText, violation } from './violation.ts';

/** A rule for containers, which the pod's settings can also satisfy. */
interface ContainerRule extends ViolationText {
  rule: Rule;
  broken(container: unknown, pod: unknown): boolean;
}

/** The requirements of Pod Security 'restricted', and a read-only root file system. */
const containerRules: readonly ContainerRule[] = [
  {
    rule: 'non-root',
    broken: (container, pod) =>
      security(container, pod, 'runAsNonRoot') !== true || security(container, pod, 'runAsUser') === 0,
    what: 'may run as root',
    why: 'a process that escapes its container has the rights of its user on the node',
    fix: 'set runAsNonRoot: true and a runAsUser above 0 (charts/kube/pod.ts does)',
    field: ['user'],
  },
  {
    rule: 'read-only-root',
    broken: (container) => field(container, 'securityContext', 'readOnlyRootFilesystem') !== true,
    what: 'can write to its root file system',
    why: 'an attacker in the process could store a program there',
    fix: 'set readOnlyRootFilesystem: true, and mount an emptyDir for files that it writes (temporary in app.ts)',
    field: ['readOnlyRoot'],
  },
  {
    rule: 'privilege-escalation',
    broken: (container) =>
      field(container, 'securityContext', 'allowPrivilegeEscalation') !== false ||
      field(container, 'securityContext', 'privileged') === true,
    what: 'can gain privileges',
    why: 'a setuid program could make it root',
    fix: 'set allowPrivilegeEscalation: false, and do not set privileged',
  },
  {
    rule: 'capabilities',
    broken: (container) =>
      !listField(container, 'securityContext', 'capabilities', 'drop').includes('ALL') ||
      listField(container, 'securityContext', 'capabilities', 'add').length > 0,
    what: 'has kernel capabilities',
    why: "each capability is a part of root's rights",
    fix: 'set capabilities: { drop: [ALL] } and add none',
    field: ['capabilities'],
  },
  {
    rule: 'low-port',
    broken: (container) =>
      listField(container, 'ports').some((port) => Number(field(port, 'containerPort')) < 1024),
    what: 'listens below port 1024',
    why: "the pod's setting allows it to every process in the pod",
    fix: 'use a port from 1024 up: most images have an option for that',
    field: ['ports'],
  },
  {
    rule: 'seccomp',
    broken: (container, pod) =>
      !['RuntimeDefault', 'Localhost'].includes(
        String(field(security(container, pod, 'seccompProfile'), 'type')),
      ),
    what: 'can make every system call',
    why: 'most container escapes use system calls that apps do not need',
    fix: 'set seccompProfile: { type: RuntimeDefault }',
  },
  {
    rule: 'resources',
    broken: (container) =>
      ['cpu', 'memory'].some((kind) => field(container, 'resources', 'requests', kind) === undefined) ||
      field(container, 'resources', 'limits', 'memory') === undefined,
    what: 'reserves no CPU or memory, or has no memory limit',
    why: 'the scheduler would overload the node, and a memory leak would kill its neighbours',
    fix: 'write resources with cpu and memory',
    field: ['resources'],
  },
];

/** Maximum reservation without a reason. */
const modest = { cpu: 0.25, memory: 256 * 2 ** 20, limit: 512 * 2 ** 20 } as const;

/** Seconds that a process without ports runs before it counts as started. */
const settled = 10;

/** Rules for every rendered pod and container. */
export function checkPods({ workloads }: Inventory): Violation[] {
  return workloads.flatMap(checkPod);
}

const checkPod = onceEach((workload: Workload): Violation[] => [
  ...containersOf(workload).flatMap((container) => checkContainer(workload, container)),
  ...checkHost(workload),
  ...checkReason(workload),
  ...checkReadiness(workload),
]);

function checkContainer(workload: Workload, container: unknown): Violation[] {
  return containerRules
    .filter(({ broken }) => broken(container, workload.pod))
    .map(({ rule, what, why, fix, field: at }) =>
      violation(rule, workload, {
        what: `has a container ${nameOf(container)} that ${what}`,
        why,
        fix,
        ...(at ? { field: at } : {}),
      }),
    );
}

function checkHost(workload: Workload): Violation[] {
  const { pod } = workload;
  const shared = [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => field(pod, name) === true),
    ...listField(pod, 'volumes')
      .filter((volume) => field(volume, 'hostPath') !== undefined)
      .map((volume) => `the node's folder ${textField(volume, 'hostPath', 'path')}`),
    ...containersOf(workload)
      .flatMap((container) => listField(container, 'ports'))
      .filter((port) => field(port, 'hostPort') !== undefined)
      .map((port) => `the node's port ${String(field(port, 'hostPort'))}`),
  ];
  if (shared.length === 0) return [];
  const fault = {
    what: `shares namespaces or devices of the node: ${shared.join(', ')}`,
    why: 'without them the pod is not isolated from the node and its pods',
    fix: 'remove it',
  };
  return [violation('host-access', workload, fault)];
}

function checkReason(workload: Workload): Violation[] {
  const { object } = workload;
  if (object.metadata.annotations?.[annotations.resources] !== undefined) return [];
  const large = containersOf(workload).flatMap((container) => {
    const at = (part: string, kind: string) => quantityOf(field(container, 'resources', part, kind)) ?? 0;
    return [
      ...(at('requests', 'cpu') > modest.cpu ? ['more than a quarter of a core'] : []),
      ...(at('requests', 'memory') > modest.memory ? ['more than 256Mi of memory'] : []),
      ...(at('limits', 'memory') > modest.limit ? ['a limit above 512Mi'] : []),
    ];
  });
  if (large.length === 0) return [];
  const fault = {
    what: `has ${large.join(' and ')} without a reason`,
    why: 'reserved capacity is lost to other pods, and without a reason nobody dares to lower it',
    fix: "write resources: { …, reason: 'why it needs this much' }",
    field: ['resources'],
  };
  return [violation('resources-reason', workload, fault)];
}

function checkReadiness(workload: Workload): Violation[] {
  if (workload.ends) return [];
  // A process without callers needs no readiness probe; only its liveness can be observed.
  const settles = Number(field(workload.object, 'spec', 'minReadySeconds') ?? 0) >= settled;
  const isWorker = (container: unknown) => settles && listField(container, 'ports').length === 0;
  return listField(workload.pod, 'containers')
    .filter((container) => field(container, 'readinessProbe') === undefined && !isWorker(container))
    .map((container) =>
      violation('readiness-probe', workload, {
        what: `has a container ${nameOf(container)} without a readiness probe`,
        why: 'requests would reach it before it can answer, and Flux would report a failing version as ready',
        fix: `write probes.ready; or, for a container without ports, minReadySeconds: ${settled}`,
        field: ['probes'],
      }),
    );
}

function containersOf({ pod }: Workload): unknown[] {
  return [...listField(pod, 'initContainers'), ...listField(pod, 'containers')];
}

/** The setting of the container, else of its pod. */
function security(container: unknown, pod: unknown, key: string): unknown {
  return field(container, 'securityContext', key) ?? field(pod, 'securityContext', key);
}

function nameOf(container: unknown): string {
  return textField(container, 'name') ?? 'without a name';
}
