import { onceEach } from '../../model/once-each.ts';
import type { Rule } from '../../model/schema/exception.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { field, listField, textField } from '../kube/field.ts';
import { annotations } from '../kube/names.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, type ViolationText, violation } from './violation.ts';

/** A rule that each container keeps by itself, or that its pod keeps for it. */
interface ContainerRule extends ViolationText {
  rule: Rule;
  broken(container: unknown, pod: unknown): boolean;
}

/** What Pod Security calls 'restricted', and a root file system that cannot be written. */
const containerRules: readonly ContainerRule[] = [
  {
    rule: 'non-root',
    broken: (container, pod) =>
      security(container, pod, 'runAsNonRoot') !== true || security(container, pod, 'runAsUser') === 0,
    what: 'may run as root',
    why: 'who breaks out of the process has the rights of its user on the node',
    fix: 'set runAsNonRoot: true and a runAsUser above 0 (charts/kube/pod.ts does)',
    field: ['user'],
  },
  {
    rule: 'read-only-root',
    broken: (container) => field(container, 'securityContext', 'readOnlyRootFilesystem') !== true,
    what: 'may write to its root file system',
    why: 'who gets into the process could leave a program there',
    fix: 'set readOnlyRootFilesystem: true, and mount an emptyDir where it has to write (temporary in app.ts)',
    field: ['readOnlyRoot'],
  },
  {
    rule: 'privilege-escalation',
    broken: (container) =>
      field(container, 'securityContext', 'allowPrivilegeEscalation') !== false ||
      field(container, 'securityContext', 'privileged') === true,
    what: 'may gain privileges',
    why: 'a setuid program would make it root',
    fix: 'set allowPrivilegeEscalation: false, and do not set privileged',
  },
  {
    rule: 'capabilities',
    broken: (container) =>
      !listField(container, 'securityContext', 'capabilities', 'drop').includes('ALL') ||
      listField(container, 'securityContext', 'capabilities', 'add').length > 0,
    what: 'keeps capabilities of the kernel',
    why: 'each is a part of what root may do',
    fix: 'set capabilities: { drop: [ALL] } and add none',
    field: ['capabilities'],
  },
  {
    rule: 'low-port',
    broken: (container) =>
      listField(container, 'ports').some((port) => Number(field(port, 'containerPort')) < 1024),
    what: 'listens below port 1024',
    why: 'the pod lets every process in it do so, which the kernel keeps for root elsewhere',
    fix: 'let it listen on a port from 1024 up: most images have an option for that',
    field: ['ports'],
  },
  {
    rule: 'seccomp',
    broken: (container, pod) =>
      !['RuntimeDefault', 'Localhost'].includes(
        String(field(security(container, pod, 'seccompProfile'), 'type')),
      ),
    what: 'may make every system call',
    why: 'most ways out of a container go through calls that no app needs',
    fix: 'set seccompProfile: { type: RuntimeDefault }',
  },
  {
    rule: 'resources',
    broken: (container) =>
      ['cpu', 'memory'].some((kind) => field(container, 'resources', 'requests', kind) === undefined) ||
      field(container, 'resources', 'limits', 'memory') === undefined,
    what: 'reserves no CPU or memory, or may take all memory',
    why: 'the scheduler would crowd the node, and its neighbours would be killed for its leak',
    fix: 'write resources with cpu and memory',
    field: ['resources'],
  },
];

/** What a container may have without a reason. */
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
    what: `takes part in the node: ${shared.join(', ')}`,
    why: 'what isolates a pod from the node and from other pods is gone there',
    fix: 'take it out',
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
    why: 'what is reserved is lost to all others, and nobody dares to lower what nobody can explain',
    fix: "write resources: { …, reason: 'why it needs that much' }",
    field: ['resources'],
  };
  return [violation('resources-reason', workload, fault)];
}

function checkReadiness(workload: Workload): Violation[] {
  if (workload.ends) return [];
  // A process without callers needs no readiness probe: its liveness is all that can be observed.
  const settles = Number(field(workload.object, 'spec', 'minReadySeconds') ?? 0) >= settled;
  const isWorker = (container: unknown) => settles && listField(container, 'ports').length === 0;
  return listField(workload.pod, 'containers')
    .filter((container) => field(container, 'readinessProbe') === undefined && !isWorker(container))
    .map((container) =>
      violation('readiness-probe', workload, {
        what: `has a container ${nameOf(container)} without a readiness probe`,
        why: 'requests would reach it before it can answer, and Flux would call it done while it fails',
        fix: `write probes.ready; or, for what has no port, minReadySeconds: ${settled}`,
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
