import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

const group = 'rbac.authorization.k8s.io';

/** Who gets the rights: a service account, or every member of a group. */
export type Subject = ServiceAccountSubject | { group: string };

export interface ServiceAccountSubject {
  serviceAccount: string;
  namespace: string;
}

/** Grants the rules to the subject in every namespace. The role and its binding have the same name. */
export function clusterRole(chart: Chart, name: string, subject: Subject, rules: k8s.PolicyRule[]): void {
  new k8s.KubeClusterRole(chart, `cluster-role-${name}`, { metadata: { name }, rules });
  bindClusterRole(chart, name, subject, name);
}

/** Binds an existing ClusterRole to the subject, in every namespace. */
export function bindClusterRole(chart: Chart, name: string, subject: Subject, role: string): void {
  new k8s.KubeClusterRoleBinding(chart, `cluster-role-binding-${name}`, {
    metadata: { name },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: [reference(subject)],
  });
}

/** Grants the rules to the subject in one namespace. The role and its binding have the same name. */
export function role(
  chart: Chart,
  name: string,
  namespace: string,
  subject: Subject,
  rules: k8s.PolicyRule[],
): void {
  // A namespace has no dot, so these ids are unique.
  new k8s.KubeRole(chart, `role.${namespace}.${name}`, { metadata: { name, namespace }, rules });
  bindRole(chart, name, namespace, subject, name);
}

/** Binds an existing Role to the subject. */
export function bindRole(
  chart: Chart,
  name: string,
  namespace: string,
  subject: Subject,
  roleName: string,
): void {
  new k8s.KubeRoleBinding(chart, `role-binding.${namespace}.${name}`, {
    metadata: { name, namespace },
    roleRef: { apiGroup: group, kind: 'Role', name: roleName },
    subjects: [reference(subject)],
  });
}

function reference(subject: Subject): k8s.Subject {
  if ('group' in subject) return { kind: 'Group', name: subject.group, apiGroup: group };
  return { kind: 'ServiceAccount', name: subject.serviceAccount, namespace: subject.namespace };
}
