import { ApiObject, type Chart } from 'cdk8s';
import { sensitiveAccesses } from '../checks/sensitive-access.ts';
import type { Subject } from './rbac.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** What a policy looks at. */
export interface PolicyRule {
  /** API groups; '' is Kubernetes' own. */
  groups: string[];
  resources: string[];
  operations: ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT')[];
  /** Default: objects of namespaces and those of none. */
  scope?: 'Namespaced';
}

/** A sentence of CEL that must hold; the refusal says why in words, or in another sentence of CEL. */
export type Validation = { expression: string; reason: 'Forbidden' } & (
  | { message: string }
  | { messageExpression: string }
);

export interface Policy {
  rule: PolicyRule;
  /** All must hold for the policy to look at an object at all. */
  conditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
  validations: Validation[];
  /**
   * A ConfigMap whose `data` the expressions read as `params.data`. Where it is missing all that the rule names is refused,
   * before any condition is looked at.
   */
  table?: { name: string; namespace: string };
  annotations?: Record<string, string>;
}

/** A ValidatingAdmissionPolicy and its binding of the same name, for the whole cluster; a violation is denied. */
export function admissionPolicy(chart: Chart, name: string, policy: Policy): void {
  const { rule, conditions, variables, validations, table } = policy;
  const { groups, resources, operations, scope = '*' } = rule;
  new ApiObject(chart, `policy-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, ...(policy.annotations ? { annotations: policy.annotations } : {}) },
    spec: {
      failurePolicy: 'Fail',
      ...(table ? { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } : {}),
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: groups,
            // Whichever a group comes to have.
            apiVersions: ['*'],
            operations,
            resources,
            scope,
          },
        ],
      },
      ...(conditions ? { matchConditions: conditions } : {}),
      ...(variables ? { variables } : {}),
      validations,
    },
  });
  new ApiObject(chart, `binding-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      ...(table ? { paramRef: { ...table, parameterNotFoundAction: 'Deny' } } : {}),
      validationActions: ['Deny'],
    },
  });
}

/**
 * Whatever RBAC gives a service account in all namespaces: of what leads to pods, keys and rights of others it makes, changes
 * and enters nothing but in its own namespace and in those with a label. What it may read no policy bounds.
 */
export function boundAccount(
  chart: Chart,
  name: string,
  { serviceAccount, namespace }: Subject,
  label: string,
): void {
  const bounded = sensitiveAccesses.filter((access) => access.bounded === true);
  admissionPolicy(chart, name, {
    rule: {
      groups: [...new Set(bounded.flatMap(({ groups }) => groups))].sort(),
      resources: [...new Set(bounded.flatMap(({ resources }) => resources))].sort(),
      operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
      scope: 'Namespaced',
    },
    conditions: [
      {
        name: 'is-this-account',
        expression: `request.userInfo.username == 'system:serviceaccount:${namespace}:${serviceAccount}'`,
      },
    ],
    validations: [
      {
        expression: `request.namespace == '${namespace}' || (has(namespaceObject.metadata.labels) && '${label}' in namespaceObject.metadata.labels)`,
        message: `${namespace}/${serviceAccount} works in namespaces that are labelled ${label} alone`,
        reason: 'Forbidden',
      },
    ],
    annotations: { [bound.account]: `${namespace}/${serviceAccount}`, [bound.label]: label },
  });
}

/** Annotations of such a policy, by which the reach of the account is worked out. */
export const bound = { account: 'plinth.io/account', label: 'plinth.io/label' } as const;

/** CEL: a list of names. */
export function celList(names: readonly string[]): string {
  return `[${[...new Set(names)]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ')}]`;
}

/** CEL: true on creation and on changes of the spec, not of metadata. */
export const asksAnew = {
  name: 'asks-anew',
  expression: 'oldObject == null || object.spec != oldObject.spec',
};
