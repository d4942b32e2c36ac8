import { ApiObject, type Chart } from 'cdk8s';
import type { Subject } from './rbac.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** What a policy looks at. */
export interface PolicyRule {
  /** An API group; '' is Kubernetes' own, `*` any. */
  group: string;
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

/** A policy of the API server, and its binding of the same name: in the whole cluster what does not hold is refused. */
export function admissionPolicy(chart: Chart, name: string, policy: Policy): void {
  const { rule, conditions, variables, validations, table } = policy;
  const { group, resources, operations, scope = '*' } = rule;
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
            apiGroups: [group],
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
 * Whatever RBAC gives a service account in all namespaces: it makes, changes and enters nothing but in these. What it may
 * read no policy bounds.
 */
export function boundAccount(
  chart: Chart,
  name: string,
  { serviceAccount, namespace }: Subject,
  namespaces: string[],
): void {
  const spaces = [...new Set(namespaces)].sort();
  admissionPolicy(chart, name, {
    rule: {
      group: '*',
      resources: ['*/*'],
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
        expression: `request.namespace in ${celList(spaces)}`,
        message: `${namespace}/${serviceAccount} works in these namespaces alone: ${spaces.join(', ')}`,
        reason: 'Forbidden',
      },
    ],
    annotations: {
      [bound.account]: `${namespace}/${serviceAccount}`,
      [bound.namespaces]: spaces.join(' '),
    },
  });
}

/** Annotations of such a policy, by which the reach of the account is worked out. */
export const bound = { account: 'plinth.io/account', namespaces: 'plinth.io/namespaces' } as const;

/** CEL: a list of names. */
export function celList(names: readonly string[]): string {
  return `[${[...new Set(names)]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ')}]`;
}

/** CEL: looks at an object when it comes and when what it asks for changes, not at every note in its metadata. */
export const asksAnew = {
  name: 'asks-anew',
  expression: 'oldObject == null || object.spec != oldObject.spec',
};
