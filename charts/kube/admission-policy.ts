import { ApiObject, type Chart } from 'cdk8s';
import { sensitiveAccesses } from '../checks/sensitive-access.ts';
import type { ServiceAccountSubject } from './rbac.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** The objects and operations that a policy checks. */
export interface PolicyRule {
  /** API groups; '' is the core group. */
  groups: string[];
  resources: string[];
  operations: ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT')[];
  /** Default: objects with and without a namespace. */
  scope?: 'Namespaced';
}

/**
 * A CEL expression that must be true, with the message of the refusal as text or as another CEL expression.
 */
export type Validation = { expression: string; reason: 'Forbidden' } & (
  | { message: string }
  | { messageExpression: string }
);

export interface Policy {
  rule: PolicyRule;
  /** Conditions that must all be true for the policy to check an object. */
  conditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
  validations: Validation[];
  /**
   * A ConfigMap whose `data` the expressions read as `params.data`. If it is missing, all matching objects
   * are refused, before the conditions are evaluated.
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
            // Also versions that are added later.
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
 * Limits the writes of a service account with cluster-wide RBAC rights: it may create, change and enter pods,
 * keys and rights only in its own namespace and in namespaces with a label. No policy can limit its reads.
 */
export function boundAccount(
  chart: Chart,
  name: string,
  { serviceAccount, namespace }: ServiceAccountSubject,
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

/** Annotations of such a policy, from which the reach of the account is computed. */
export const bound = { account: 'plinth.io/account', label: 'plinth.io/label' } as const;

/** A list of names in CEL. */
export function celList(names: readonly string[]): string {
  return `[${[...new Set(names)]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ')}]`;
}

/** CEL condition: true on creation and on changes of the spec, but not of metadata. */
export const asksAnew = {
  name: 'asks-anew',
  expression: 'oldObject == null || object.spec != oldObject.spec',
};
