import type { Chart } from 'cdk8s';
import { platformHosts } from '../../model/gateway-hosts.ts';
import type { Environment } from '../../model/graph.ts';
import { needsSignIn, signInProxy } from '../../model/people.ts';
import { admissionPolicy, asksAnew, celList } from '../kube/admission-policy.ts';
import { configMap } from '../kube/config-map.ts';
import { gateway, namespaceOf, routesLabel, routesPolicy } from '../kube/names.ts';

const table = { name: routesPolicy, namespace: gateway.namespace };

/** All kinds of routes, including those of the Gateway API's experimental channel. */
const routes = ['httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes'];

/**
 * Admission policies that bind host names to namespaces. Otherwise any route could take over a host, and any Gateway of the class
 * could add a listener. The API server admits the hosts of the graph only, from a ConfigMap rendered from it.
 */
export function gatewayPolicies(chart: Chart, env: Environment): void {
  const hosts = hostsByNamespace(env);
  configMap(chart, table.name, table.namespace, Object.fromEntries(hosts));
  const own = {
    name: 'hosts',
    expression: `has(params.data) && ${space} in params.data ? params.data[${space}].split(',') : []`,
  };
  const rules = 'has(object.spec.rules)';
  admissionPolicy(chart, routesPolicy, {
    table,
    rule: { groups: ['gateway.networking.k8s.io'], resources: routes, operations: ['CREATE', 'UPDATE'] },
    conditions: [elsewhere, asksAnew],
    variables: [own],
    validations: [
      {
        expression:
          'has(object.spec.hostnames) && size(object.spec.hostnames) > 0 && object.spec.hostnames.all(name, name in variables.hosts)',
        messageExpression: `'no app of the graph gives ' + ${space} + ' these hosts: ' + (has(object.spec.hostnames) ? object.spec.hostnames.join(', ') : 'all') + (size(variables.hosts) == 0 ? '' : '; it has ' + variables.hosts.join(', '))`,
        reason: 'Forbidden',
      },
      {
        expression: `!${rules} || object.spec.rules.all(rule, !has(rule.backendRefs) || rule.backendRefs.all(to, (!has(to.kind) || to.kind == 'Service') && (!has(to.group) || to.group == '') && (!has(to.namespace) || to.namespace == ${space})))`,
        message: 'a route of the graph leads to Services of its own namespace alone',
        reason: 'Forbidden',
      },
    ],
  });
  admissionPolicy(chart, 'gateways-of-the-platform', {
    rule: {
      groups: ['gateway.networking.k8s.io'],
      resources: ['gateways'],
      operations: ['CREATE', 'UPDATE'],
    },
    conditions: [elsewhere, asksAnew],
    validations: [
      {
        expression: `object.spec.gatewayClassName != '${gateway.className}'`,
        message: `the platform has one Gateway, ${gateway.namespace}/${gateway.name}: write exposes in app.ts to be reached through it`,
        reason: 'Forbidden',
      },
    ],
  });
  const label = Object.keys(routesLabel).join();
  const carries = (object: string) =>
    `has(${object}.metadata.labels) && '${label}' in ${object}.metadata.labels`;
  admissionPolicy(chart, 'namespaces-with-routes', {
    rule: { groups: [''], resources: ['namespaces'], operations: ['CREATE', 'UPDATE'] },
    conditions: [
      { name: 'is-labelled', expression: carries('object') },
      { name: 'was-not', expression: `oldObject == null || !(${carries('oldObject')})` },
    ],
    validations: [
      {
        expression: `object.metadata.name in ${celList([gateway.namespace, ...hosts.map(([name]) => name)])}`,
        message: `the gateway leads to namespaces of apps that say exposes in app.ts: ${label} is theirs`,
        reason: 'Forbidden',
      },
    ],
  });
}

/** Host names, separated by commas, by the namespace of their routes: that of the app, or of the part of the platform. */
function hostsByNamespace({ apps, cluster }: Environment): [string, string][] {
  const behindProxy = apps.filter(needsSignIn).flatMap(({ hosts }) => hosts);
  return [
    ...apps
      .filter((app) => app.hosts.length > 0 && !needsSignIn(app))
      .map((app): [string, string] => [namespaceOf(app), app.hosts.join(',')]),
    ...platformHosts(cluster).map(({ host, namespace }): [string, string] => [
      namespace,
      // Apps with a sign-in have accounts pages, and are behind the same proxy.
      (namespace === signInProxy ? [...behindProxy, host] : [host]).join(','),
    ]),
  ];
}

const space = 'object.metadata.namespace';

/** Writers in the gateway's own namespace are exempt: they can change the gateway itself. */
const elsewhere = {
  name: 'is-not-of-the-gateway',
  expression: `${space} != '${gateway.namespace}'`,
};
