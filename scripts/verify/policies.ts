import { setTimeout as sleep } from 'node:timers/promises';
import { field, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { Failure } from '../cli/failure.ts';
import type { DryRun } from './dry-run.ts';

const kinds: readonly string[] = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
const apiVersion = 'admissionregistration.k8s.io/v1';

/** Time-out in seconds until the API server enforces a policy: it checks once a second. */
const obeySeconds = 30;

/**
 * The API server cannot be asked whether it enforces a policy: it has separate watches for policies, bindings and parameters. So
 * this probe policy is written after the others of a round, with its binding and parameter. Once it refuses a probe object of the
 * same round, the others are enforced too. It is never removed: an API server that stops watching ConfigMaps as parameters, because
 * no policy has any, does not start again (seen with v1.36.4).
 */
function sign(round: number): { written: KubeObject[]; shown: KubeObject } {
  const [name, object] = ['plinth-verify-sign', `plinth-verify-sign-${round}`];
  const namespace = 'default';
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  return {
    written: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { round: `${round}` } },
      {
        ...{ apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name } },
        spec: {
          paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: `params.data.round != '${round}'` }],
        },
      },
      {
        ...{ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name } },
        spec: {
          policyName: name,
          paramRef: { name, namespace, parameterNotFoundAction: 'Allow' },
          matchResources: { resourceRules: [{ ...rule, resourceNames: [object] }] },
          validationActions: ['Deny'],
        },
      },
    ],
    shown: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: object, namespace } },
  };
}

/** The admission policies of an environment, their bindings, and the parameter objects of the bindings. */
export function policiesOf(objects: readonly KubeObject[]): KubeObject[] {
  const policies = objects.filter(({ kind }) => kinds.includes(kind));
  const kindsOfParameters = new Map(
    policies
      .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
      .map((policy) => [policy.metadata.name, textField(policy, 'spec', 'paramKind', 'kind')]),
  );
  const parameters = new Set(
    policies.flatMap((binding) => {
      const reference = field(binding, 'spec', 'paramRef');
      const kind = kindsOfParameters.get(textField(binding, 'spec', 'policyName') ?? '');
      return reference === undefined
        ? []
        : [`${kind} ${textField(reference, 'namespace')}/${textField(reference, 'name')}`];
    }),
  );
  return [...objects.filter((object) => parameters.has(objectId(object))), ...policies];
}

/** The admission policies that an API server enforces. */
export class ObeyedPolicies {
  readonly #server: DryRun;
  #kept: readonly KubeObject[] = [];
  #round = 0;

  constructor(server: DryRun) {
    this.#server = server;
  }

  /**
   * Replaces the enforced policies by these. A policy that the API server refuses is left out: its refusal is reported with the other
   * objects.
   */
  async obey(policies: readonly KubeObject[]): Promise<void> {
    const ids = new Set(policies.map(objectId));
    for (const object of this.#kept.filter((one) => kinds.includes(one.kind) && !ids.has(objectId(one))))
      await this.#server.remove(object);
    const kept: KubeObject[] = [];
    for (const object of policies) if ((await this.#server.keep(object)) === undefined) kept.push(object);
    this.#kept = kept;
    this.#round++;
    const { written, shown } = sign(this.#round);
    for (const object of written) await this.#server.keep(object);
    const deadline = Date.now() + obeySeconds * 1000;
    while ((await this.#server.refusal(shown)) === undefined) {
      if (Date.now() > deadline) {
        throw new Failure(
          `the API server did not enforce the admission policies within ${obeySeconds} s.`,
          'Type the same command again, when the machine is less busy.',
        );
      }
      await sleep(50);
    }
  }
}
