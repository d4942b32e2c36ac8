import { k8s } from 'cdk8s-plus-28';
import { podsOf } from '../../charts/app/app-pods.ts';
import { platformRoute } from '../../charts/gateway/platform-route.ts';
import { component } from '../../charts/kube/component.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { gateway, routesLabel } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf, pods } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { mailpitForApps, usesMail } from '../../model/external.ts';
import type { Environment } from '../../model/graph.ts';
import { accountsCourier, accountsOperator } from '../../model/schema/database.ts';
import { mailHost, mailpit } from '../../model/sign-in.ts';

const { name } = mailpit;
const ports = { smtp: mailpit.smtp, http: 8025 } as const;

/**
 * Mailpit, one pod: it receives the mails of accounts, shows the last 500 at mail.DOMAIN until it restarts, and sends none on.
 * Undefined if mail goes elsewhere.
 */
export function chart(env: Environment): Component | undefined {
  const host = mailHost(env.cluster);
  if (host === undefined) return undefined;
  const senders = mailpitForApps(env.cluster) ? env.apps.filter(usesMail).flatMap(podsOf) : [];
  return component(name, (chart) => {
    namespace(chart, name, 'restricted', { labels: routesLabel });
    serviceAccount(chart, name, name);
    denyAll(chart, name, ['Ingress', 'Egress']);
    deployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        container: {
          name,
          image: imageRef(env, name),
          command: ['/mailpit'],
          args: mailpitArgs(ports),
          env: [goMemoryLimit(name)],
          ports: [
            { name: 'smtp', containerPort: ports.smtp },
            { name: 'http', containerPort: ports.http },
          ],
          readinessProbe: httpProbe('http', '/readyz', { period: 2 }),
          livenessProbe: httpProbe('http', '/livez', { failures: 6 }),
          resources: { cpu: '10m', memory: '32Mi', memoryLimit: '128Mi' },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
        volumes: [{ name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('256Mi') } }],
      },
    });
    service(chart, name, name, [
      { name: 'smtp', port: ports.smtp },
      { name: 'http', port: ports.http },
    ]);
    allow(chart, name, name, {
      ingress: [
        { peers: [pods(accountsCourier, accountsOperator), ...senders], ports: [{ port: ports.smtp }] },
        { peers: [everyPodOf(gateway.namespace)], ports: [{ port: ports.http }] },
      ],
    });
    platformRoute(chart, env, { name, host, port: ports.http });
  });
}

/** Arguments of Mailpit; its mails are in a file that is deleted with the pod. */
export function mailpitArgs({ smtp, http }: { smtp: number; http: number }): string[] {
  return [
    `--smtp=0.0.0.0:${smtp}`,
    `--listen=0.0.0.0:${http}`,
    '--database=/tmp/mailpit.db',
    '--max=500',
    '--max-message-size=10',
    '--disable-version-check',
    '--smtp-disable-rdns',
    // A displayed mail loads nothing from other hosts.
    '--block-remote-css-and-fonts',
  ];
}
