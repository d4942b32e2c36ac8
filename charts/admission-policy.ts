import { ApiObject, type Chart } from 'cdk8s';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** What a policy looks at. */
export interface PolicyRule {
  /** An API group; '' is Kubernetes' own. */
  group: string;
  resources: string[];
  operations: ('CREATE' | 'UPDATE')[];
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
}

/** A policy of the API server, and its binding of the same name: in the whole cluster what does not hold is refused. */
export function admissionPolicy(chart: Chart, name: string, policy: Policy): void {
  const { rule, conditions, variables, validations, table } = policy;
  const { group, resources, operations } = rule;
  new ApiObject(chart, `policy-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
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
            scope: '*',
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
