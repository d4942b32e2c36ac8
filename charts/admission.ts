import { ApiObject, type Chart } from 'cdk8s';
import type { Environment } from '../model/graph.ts';
import { certManagerNamespace } from './cert-manager.ts';
import { type CertificateRequest, certificateRequests } from './certificate.ts';
import { component } from './component.ts';
import { configMap } from './config-map.ts';
import type { Component } from './kube-object.ts';
import { certificatePolicy } from './names.ts';

const table = 'certificates-of-the-graph';

const requestPolicy = 'certificate-requests-of-cert-manager';

/**
 * Who may have which certificate. A ClusterIssuer signs for whoever asks in any namespace: these policies let nobody
 * ask but for what an edge of the graph says, field by field, in a table that is rendered from the graph.
 */
export function admission(env: Environment): Component | undefined {
  const requests = certificateRequests(env);
  if (requests.length === 0) return undefined;
  return component('admission', (chart) => {
    configMap(
      chart,
      table,
      certManagerNamespace,
      Object.fromEntries(requests.map((request) => [`${request.namespace}.${request.name}`, line(request)])),
    );
    policy(
      chart,
      certificatePolicy,
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConstraints: rule('certificates', ['CREATE', 'UPDATE']),
        matchConditions: [
          { name: 'asks-a-cluster-issuer', expression: asksClusterIssuer },
          { name: 'asks-anew', expression: 'oldObject == null || object.spec != oldObject.spec' },
        ],
        variables: [
          { name: 'key', expression: "object.metadata.namespace + '.' + object.metadata.name" },
          { name: 'asked', expression: asked },
        ],
        validations: [
          {
            expression: 'variables.key in params.data && params.data[variables.key] == variables.asked',
            messageExpression:
              "'no edge of the graph gives ' + variables.key + ' a certificate with ' + variables.asked + (variables.key in params.data ? '; it gives ' + params.data[variables.key] : '')",
            reason: 'Forbidden',
          },
          {
            expression: otherNames.map((field) => `!has(object.spec.${field})`).join(' && '),
            message: `a certificate of the graph has no other names: no ${otherNames.join(', no ')}`,
            reason: 'Forbidden',
          },
        ],
      },
      { name: table, namespace: certManagerNamespace, parameterNotFoundAction: 'Deny' },
    );
    policy(chart, requestPolicy, {
      matchConstraints: rule('certificaterequests', ['CREATE', 'UPDATE']),
      matchConditions: [{ name: 'asks-a-cluster-issuer', expression: asksClusterIssuer }],
      validations: [
        {
          // What a request asks for is inside its CSR, which no expression can read.
          expression: `request.userInfo.username == 'system:serviceaccount:${certManagerNamespace}:cert-manager'`,
          message: 'only cert-manager asks a ClusterIssuer, on behalf of a Certificate: make one of those',
          reason: 'Forbidden',
        },
      ],
    });
  });
}

/** A policy of the API server that denies what its validations say, in the whole cluster; `params` is the table that it reads. */
function policy(chart: Chart, name: string, spec: object, params?: object): void {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  new ApiObject(chart, `policy-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: { failurePolicy: 'Fail', ...spec },
  });
  new ApiObject(chart, `binding-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      ...(params === undefined ? {} : { paramRef: params }),
      validationActions: ['Deny'],
    },
  });
}

/** One who leaves the kind out means an Issuer of his own namespace, by a Secret that he has anyway. */
const asksClusterIssuer = "has(object.spec.issuerRef.kind) && object.spec.issuerRef.kind == 'ClusterIssuer'";

const otherNames = ['emailAddresses', 'ipAddresses', 'uris', 'otherNames', 'subject', 'literalSubject'];

/** The same text as `line`, made of the object. */
const asked = [
  "'issuer=' + object.spec.issuerRef.name",
  "' secret=' + object.spec.secretName",
  "(has(object.spec.isCA) && object.spec.isCA ? ' ca' : '')",
  "' cn=' + (has(object.spec.commonName) ? object.spec.commonName : '')",
  "' dns=' + (has(object.spec.dnsNames) ? object.spec.dnsNames.join(',') : '')",
  "' usages=' + (has(object.spec.usages) ? object.spec.usages.join(',') : '')",
].join(' + ');

function line({ name, issuer, isCA, commonName, dnsNames, usages }: CertificateRequest): string {
  const ca = isCA ? ' ca' : '';
  return `issuer=${issuer} secret=${name}${ca} cn=${commonName} dns=${dnsNames.join(',')} usages=${usages.join(',')}`;
}

function rule(resource: string, operations: string[]): object {
  return {
    resourceRules: [
      { apiGroups: ['cert-manager.io'], apiVersions: ['v1'], operations, resources: [resource], scope: '*' },
    ],
  };
}
