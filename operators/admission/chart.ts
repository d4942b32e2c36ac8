import type { Chart } from 'cdk8s';
import {
  type CertificateRequest,
  certificateRequests,
  everyAddress,
  privateKey,
  reloadLabels,
} from '../../charts/identity/certificate.ts';
import { admissionPolicy, asksAnew, celList } from '../../charts/kube/admission-policy.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { certificatePolicy, certManagerNamespace, namespaceOf } from '../../charts/kube/names.ts';
import type { Environment } from '../../model/graph.ts';
import { peopleNamespace } from '../../model/identity.ts';
import { retiredDatabases } from '../../model/schema/database.ts';
import { appsWithStore, openBaoAudience, secretsOperator, storeAccount } from '../../model/secret-stores.ts';

/**
 * Admission policies beyond RBAC: they refuse service account tokens outside of pods, and certificates that
 * the graph does not have.
 */
export function chart(env: Environment): Component {
  return component('admission', (chart) => {
    tokens(chart, env);
    const requests = certificateRequests(env);
    if (requests.length > 0) certificates(chart, requests);
  });
}

/**
 * The right to create Secrets or tokens in a namespace would give access to all its accounts, so only the
 * kubelet may create tokens.
 */
function tokens(chart: Chart, env: Environment): void {
  admissionPolicy(chart, 'no-token-secrets', {
    rule: { groups: [''], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] },
    conditions: [
      {
        name: 'is-a-token',
        expression: "has(object.type) && object.type == 'kubernetes.io/service-account-token'",
      },
    ],
    validations: [
      {
        expression: 'false',
        message:
          'a Secret would keep a service account token for ever: run a pod as that account, whose token ends with the pod',
        reason: 'Forbidden',
      },
    ],
  });
  const spaces = [
    ...env.operators.map(({ namespace }) => namespace),
    ...env.apps.map(namespaceOf),
    ...retiredDatabases(env.cluster).map(({ database }) => namespaceOf({ name: database })),
    ...['kube-system', peopleNamespace],
  ];
  admissionPolicy(chart, 'tokens-for-pods', {
    rule: { groups: [''], resources: ['serviceaccounts/token'], operations: ['CREATE'] },
    conditions: [
      {
        name: 'is-an-account-of-the-platform',
        expression: `request.namespace in ${celList(spaces)}`,
      },
    ],
    validations: [
      {
        // A kubelet may request tokens only for its own pods (NodeRestriction). Each controller of Kubernetes
        // has its own account.
        expression:
          "('system:nodes' in request.userInfo.groups && request.userInfo.username.startsWith('system:node:'))" +
          " || (request.namespace == 'kube-system' && request.userInfo.username == 'system:kube-controller-manager')" +
          storeLogins(env),
        messageExpression:
          "request.userInfo.username + ' requests a token of ' + request.namespace + '/' + request.name + ', which only the kubelet may do, for its pods'",
        reason: 'Forbidden',
      },
    ],
  });
}

/**
 * The pod that reads an app's secrets from OpenBao logs in there with a token of an account of this app that has no rights, and that no other server
 * accepts.
 */
function storeLogins(env: Environment): string {
  if (env.cluster.secrets.external?.kind !== 'openbao') return '';
  const apps = appsWithStore(env).map(({ name }) => name);
  if (apps.length === 0) return '';
  return (
    ` || (request.namespace in ${celList(apps)}` +
    ` && request.userInfo.username == 'system:serviceaccount:${secretsOperator}:' + request.namespace` +
    ` && request.name == request.namespace + '${storeAccount('')}'` +
    ` && has(object.spec.audiences) && object.spec.audiences == ['${openBaoAudience}'])`
  );
}

/**
 * A ClusterIssuer signs requests from any namespace, and an Issuer in cert-manager's namespace could use any
 * authority's key. These policies admit only certificates of the graph, compared field by field with a table
 * that is rendered from it.
 */
function certificates(chart: Chart, requests: CertificateRequest[]): void {
  configMap(
    chart,
    certificatePolicy,
    certManagerNamespace,
    Object.fromEntries(requests.map((request) => [`${request.namespace}.${request.name}`, line(request)])),
  );
  admissionPolicy(chart, certificatePolicy, {
    table: { name: certificatePolicy, namespace: certManagerNamespace },
    rule: { groups: ['cert-manager.io'], resources: ['certificates'], operations: ['CREATE', 'UPDATE'] },
    conditions: [asksAuthority, asksAnew],
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
        expression: absent(otherNames),
        message: `a certificate of the graph has no other names: no ${otherNames.join(', no ')}`,
        reason: 'Forbidden',
      },
      {
        expression: absent(otherOutputs),
        message: `a certificate of the graph is written only as requested: no ${otherOutputs.join(', no ')}`,
        reason: 'Forbidden',
      },
      {
        expression:
          '!has(object.spec.secretTemplate) || (!has(object.spec.secretTemplate.annotations)' +
          ` && has(object.spec.secretTemplate.labels) && object.spec.secretTemplate.labels == ${cel(reloadLabels)})`,
        message: `the Secret of a certificate of the graph has only the labels ${Object.keys(reloadLabels).join(', ')}, and no annotations: other controllers act on them`,
        reason: 'Forbidden',
      },
    ],
  });
  admissionPolicy(chart, 'certificate-requests-of-cert-manager', {
    rule: {
      groups: ['cert-manager.io'],
      resources: ['certificaterequests'],
      operations: ['CREATE', 'UPDATE'],
    },
    conditions: [asksAuthority],
    validations: [
      {
        // The content of a request is in its CSR, which CEL cannot read.
        expression: `request.userInfo.username == 'system:serviceaccount:${certManagerNamespace}:cert-manager'`,
        message: 'only cert-manager may use a ClusterIssuer, for a Certificate: create a Certificate',
        reason: 'Forbidden',
      },
    ],
  });
}

/** Without a kind, the reference is to an Issuer of the same namespace, whose Secret the author can read anyway. */
const asksAuthority = {
  name: 'asks-an-authority',
  expression: `request.namespace == '${certManagerNamespace}' || (has(object.spec.issuerRef.kind) && object.spec.issuerRef.kind == 'ClusterIssuer')`,
};

const otherNames = ['emailAddresses', 'ipAddresses', 'uris', 'otherNames', 'subject', 'literalSubject'];

/** Fields that would write the key in other formats, hide the request, or change the time of renewal. */
const otherOutputs = [
  'keystores',
  'additionalOutputFormats',
  'encodeUsagesInRequest',
  'signatureAlgorithm',
  'renewBeforePercentage',
  'renewal',
];

/**
 * All fields of a Certificate that the policy knows: if a version of cert-manager adds one, it needs a rule.
 */
export const knownCertificateFields: readonly string[] = [
  ...['issuerRef', 'secretName', 'isCA', 'commonName', 'dnsNames', 'usages', 'duration', 'renewBefore'],
  ...['privateKey', 'secretTemplate', 'nameConstraints', ...otherNames, ...otherOutputs],
  // Old requests, which have no key.
  'revisionHistoryLimit',
];

function absent(fields: string[]): string {
  return fields.map((field) => `!has(object.spec.${field})`).join(' && ');
}

const constraints = 'object.spec.nameConstraints';

/** CEL for the same text as `line`, from the object. */
const asked = [
  "'issuer=' + object.spec.issuerRef.name",
  "' secret=' + object.spec.secretName",
  "(has(object.spec.isCA) && object.spec.isCA ? ' ca' : '')",
  text('cn', 'object.spec.commonName'),
  "' dns=' + (has(object.spec.dnsNames) ? object.spec.dnsNames.join(',') : '')",
  "' usages=' + (has(object.spec.usages) ? object.spec.usages.join(',') : '')",
  `(has(${constraints}) ? ' constraints=' + (has(${constraints}.critical) && ${constraints}.critical ? 'critical' : 'ignored') + ${list('permits', `${constraints}.permitted`, 'dnsDomains')} + ${list('excludes', `${constraints}.excluded`, 'ipRanges')} : '')`,
  text('duration', 'object.spec.duration'),
  text('renew', 'object.spec.renewBefore'),
  text('key', 'object.spec.privateKey.algorithm', 'object.spec.privateKey'),
  text('size', 'object.spec.privateKey.size', 'object.spec.privateKey'),
  text('encoding', 'object.spec.privateKey.encoding', 'object.spec.privateKey'),
  text('new', 'object.spec.privateKey.rotationPolicy', 'object.spec.privateKey'),
  "(has(object.spec.secretTemplate) ? ' reloads' : '')",
].join(' + ');

/** ` NAME=VALUE` of a field; empty where the field or its parent is absent. */
function text(name: string, field: string, within?: string): string {
  const given = within === undefined ? `has(${field})` : `has(${within}) && has(${field})`;
  return `' ${name}=' + (${given} ? string(${field}) : '')`;
}

/** ` NAME=VALUE,VALUE` of a list in an object; empty if either is absent. */
function list(name: string, within: string, field: string): string {
  return `' ${name}=' + (has(${within}) && has(${within}.${field}) ? ${within}.${field}.join(',') : '')`;
}

function line(request: CertificateRequest): string {
  const { algorithm, size, encoding } = privateKey;
  return [
    `issuer=${request.issuer}`,
    `secret=${request.name}`,
    ...(request.isCA ? ['ca'] : []),
    `cn=${request.commonName}`,
    `dns=${request.dnsNames.join(',')}`,
    `usages=${request.usages.join(',')}`,
    ...(request.permits === undefined
      ? []
      : [
          'constraints=critical',
          `permits=${request.permits.join(',')}`,
          `excludes=${everyAddress.join(',')}`,
        ]),
    `duration=${request.duration}`,
    `renew=${request.renewBefore}`,
    `key=${algorithm}`,
    `size=${size}`,
    `encoding=${encoding}`,
    `new=${request.rotationPolicy}`,
    ...(request.reloads ? ['reloads'] : []),
  ].join(' ');
}

/** A map of texts in CEL. */
function cel(map: Readonly<Record<string, string>>): string {
  return `{${Object.entries(map)
    .map(([key, value]) => `'${key}': '${value}'`)
    .join(', ')}}`;
}
