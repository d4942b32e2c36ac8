import { expect, it } from 'vitest';
import { factsOf, flagsIn } from './facts.ts';
import { withoutTemplates } from './templates.ts';

const role = (verbs: string[], more: object = {}) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'reader' },
  rules: [{ apiGroups: [''], resources: ['secrets'], verbs, ...more }],
});
const binding = (kind: string, namespace?: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name: 'reader', ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { kind: 'ClusterRole', name: 'reader' },
  subjects: [{ kind: 'ServiceAccount', name: 'controller' }],
});
const names = { account: 'controller', namespaces: ['system'] };

it('tells a right in the whole cluster from one in the own namespace and in another', () => {
  const rights = ['get'];
  expect([...factsOf([role(rights), binding('ClusterRoleBinding')], names)]).toEqual([
    'cluster secrets: get',
  ]);
  expect([...factsOf([role(rights), binding('RoleBinding', 'system')], names)]).toEqual(['own secrets: get']);
  expect([...factsOf([role(rights), binding('RoleBinding', 'other')], names)]).toEqual([
    'other secrets: get',
  ]);
});

it('joins the verbs of all rules for a resource, and keeps names of objects apart', () => {
  const objects = [
    {
      ...role(['get']),
      rules: [
        ...role(['watch']).rules,
        ...role(['get']).rules,
        ...role(['update'], { resourceNames: ['a'] }).rules,
      ],
    },
    binding('ClusterRoleBinding'),
  ];
  expect([...factsOf(objects, names)]).toEqual(['cluster secrets: get watch', 'cluster secrets[a]: update']);
});

it('ignores roles of other accounts, and names a role that is not among the objects', () => {
  expect([
    ...factsOf([role(['get']), binding('ClusterRoleBinding')], { ...names, account: 'other' }),
  ]).toEqual([]);
  expect([...factsOf([binding('ClusterRoleBinding')], names)]).toEqual(['role reader in cluster']);
});

it('refuses manifests without the workload that is compared', () => {
  expect(() => factsOf([], { workload: 'gone', namespaces: [] })).toThrow(
    'the manifests have no Deployment or DaemonSet gone',
  );
});

it('reads a template of Helm with every branch taken, and puts in the rules of helpers', () => {
  const helpers =
    '{{- define "a.rules" -}}\n- apiGroups: [""]\n  resources: [pods]\n{{- end -}}\n{{- define "b" -}}\nx\n{{- end -}}';
  const text =
    '{{- if .Values.create }}\nname: {{ include "a.name" . }}-x\nrules:\n{{ include "a.rules" . }}\n{{- end }}\n';
  expect(withoutTemplates(text, helpers).replaceAll(/\n+/g, '\n')).toBe(
    '\nname: a.name-x\nrules:\n- apiGroups: [""]\n  resources: [pods]\n',
  );
});

it('finds the flags of a Deployment in a template', () => {
  expect(flagsIn('  args:\n  {{- if .x }}\n  - --v={{ .x }}\n  - "--log-format={{.y}}"\n')).toEqual([
    'argument --v',
    'argument --log-format',
  ]);
});
