import type { Chart } from 'cdk8s';
import { stringify } from 'yaml';
import { toDatabase } from '../../charts/database/database.ts';
import { type Migration, migrationJob } from '../../charts/database/migrations.ts';
import { leafCertificate } from '../../charts/identity/certificate.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { disruptionBudget } from '../../charts/kube/disruption-budget.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { allow, type Flow, pods, toDns } from '../../charts/kube/network-policy.ts';
import { idOf } from '../../charts/kube/object-id.ts';
import { type ContainerInput, nonRoot, type PodInput } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { managesPeople, signInProxy } from '../../model/people.ts';
import { accountsCourier, accountsOperator, databaseClient } from '../../model/schema/database.ts';
import type { SignIn } from '../../model/schema/sign-in.ts';
import { configFolder, kratosConfig, kratosPorts } from './config.ts';
import { keysJob } from './keys-job.ts';
import { mailFiles } from './mails.ts';
import { personSchema } from './person.ts';
import { mappers } from './providers.ts';
import { databaseLogin, secretVariables } from './variables.ts';

const name = accountsOperator;
const program = '/usr/bin/kratos';

/** Parts of a Kratos pod. */
interface KratosPod {
  name: string;
  args: string[];
  container: Pick<ContainerInput, 'ports' | 'readinessProbe' | 'livenessProbe'>;
  identity: Pick<PodInput, 'volumes'> & Pick<ContainerInput, 'volumeMounts'>;
  replicas: number;
  update: 'rolling' | 'recreate';
}

/**
 * Ory Kratos: accounts of people and their sessions. Its namespace is in its database's component. Callers, such as the account
 * pages, are operators that have it in `calls`. Undefined without sign-in.
 */
export function chart(env: Environment): Component | undefined {
  const { signIn } = env.cluster;
  if (signIn === undefined) return undefined;
  return component(name, (chart) => {
    keysJob(chart, env);
    databaseCertificate(chart, env);
    const files = configMap(chart, name, name, configFiles(env, signIn));
    const replicas = env.cluster.production ? 2 : 1;
    for (const each of [server(chart, env, replicas), courier()])
      kratos(chart, env, signIn, { ...each, files });
    if (replicas > 1) disruptionBudget(chart, name, name);
    service(chart, name, name, [
      { name: 'public', port: kratosPorts.public },
      { name: 'admin', port: kratosPorts.admin },
    ]);
    network(chart, env, signIn);
  });
}

/** Migrations of Kratos, which run as the owner of its database. Undefined without sign-in. */
export function migration(env: Environment): Migration | undefined {
  return env.cluster.signIn === undefined ? undefined : tables(env);
}

function tables(env: Environment): Migration {
  return {
    name,
    image: imageRef(env, name),
    command: ['/bin/sh', '-euc', tablesScript(program)],
    env: databaseLogin('owner').env,
  };
}

/**
 * Makes the tables, and the one row of `networks`: a server and the courier that start together on an empty table would each
 * make one and not see the other's mails (ory/x, networkx, Manager.Determine). Of the commands that end by themselves `cleanup`
 * alone makes it; what is younger than ten years stays.
 */
export function tablesScript(kratos: string): string {
  return `${kratos} migrate sql --read-from-env --yes
${kratos} cleanup sql --read-from-env --keep-last=87600h --database.cleanup.sleep.tables=1ms
`;
}

/** Files at `configFolder`. */
export function configFiles(
  { cluster }: Pick<Environment, 'cluster'>,
  signIn: SignIn,
): Record<string, string> {
  return {
    'kratos.yaml': stringify(kratosConfig({ cluster, signIn }), { aliasDuplicateObjects: false }),
    'person.schema.json': `${JSON.stringify(personSchema(), null, 2)}\n`,
    ...(Object.keys(signIn.providers).length > 0 ? mappers : {}),
    ...(signIn.methods.code ? mailFiles(cluster) : {}),
  };
}

function databaseCertificate(chart: Chart, env: Environment): void {
  const leaf = authorities(env)
    .flatMap(({ leaves }) => leaves)
    .find((each) => each.namespace === name && each.name === databaseClient(name, 'read-write'));
  if (leaf) leafCertificate(chart, env, leaf);
}

function server(chart: Chart, env: Environment, replicas: number): KratosPod {
  return {
    name,
    args: ['serve', '--config', `${configFolder}/kratos.yaml`, '--sqa-opt-out'],
    container: {
      ports: [
        { name: 'public', containerPort: kratosPorts.public },
        { name: 'admin', containerPort: kratosPorts.admin },
      ],
      readinessProbe: httpProbe('public', '/health/ready', { scheme: 'HTTPS', period: 5 }),
      livenessProbe: httpProbe('public', '/health/alive', { scheme: 'HTTPS', failures: 6 }),
    },
    identity: mutualIdentity(chart, env, name),
    replicas,
    update: 'rolling',
  };
}

/** The courier has one replica: several would send each mail several times (Kratos, 'Sending emails', 'Multi-instance'). */
function courier(): KratosPod {
  const metrics = '/metrics/prometheus';
  return {
    name: accountsCourier,
    args: [
      ...['courier', 'watch', '--config', `${configFolder}/kratos.yaml`],
      ...['--expose-metrics-port', `${kratosPorts.admin}`],
    ],
    container: {
      ports: [{ name: 'metrics', containerPort: kratosPorts.admin }],
      readinessProbe: httpProbe('metrics', metrics, { period: 15 }),
      livenessProbe: httpProbe('metrics', metrics, { period: 30, failures: 6 }),
    },
    identity: {},
    replicas: 1,
    update: 'recreate',
  };
}

/** It reloads changed certificates, by a watch and at each connection, but not its configuration. */
function kratos(
  chart: Chart,
  env: Environment,
  signIn: SignIn,
  given: KratosPod & { files: Record<string, string> },
): void {
  const login = databaseLogin('read-write');
  const { volumes = [], volumeMounts = [] } = given.identity;
  serviceAccount(chart, given.name, name);
  deployment(chart, {
    name: given.name,
    namespace: name,
    update: given.update,
    replicas: given.replicas,
    annotations: {
      [annotations.reload]: 'files',
      [annotations.after]: idOf('Job', migrationJob(env, tables(env)), name),
    },
    podAnnotations: given.files,
    drainSeconds: 5,
    pod: {
      serviceAccountName: given.name,
      user: nonRoot,
      ownsVolumes: true,
      terminationGracePeriodSeconds: 60,
      container: {
        name: given.name,
        image: imageRef(env, name),
        command: [program, ...given.args],
        env: [goMemoryLimit(given.name), ...login.env, ...secretVariables(signIn)],
        ...given.container,
        resources: { cpu: '20m', memory: '96Mi', memoryLimit: '256Mi' },
        volumeMounts: [
          { name: 'config', mountPath: configFolder, readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
          ...login.volumeMounts,
          ...volumeMounts,
        ],
      },
      volumes: [
        { name: 'config', configMap: { name } },
        { name: 'tmp', emptyDir: {} },
        ...login.volumes,
        ...volumes,
      ],
    },
  });
}

/** Ingress to the public API for operators with Kratos in `calls`; to the admin API for the proxy alone, where apps manage people. */
function network(chart: Chart, env: Environment, signIn: SignIn): void {
  const callers = env.operators.filter(({ calls }) => calls.includes(name));
  const managed = env.apps.some(managesPeople);
  allow(chart, name, name, {
    ingress: callers.map((caller) => ({
      peers: [pods(caller.name, caller.namespace)],
      ports: [
        { port: kratosPorts.public },
        ...(caller.name === signInProxy && managed ? [{ port: kratosPorts.admin }] : []),
      ],
    })),
    egress: [toDns, toDatabase(name), ...toWeb(signIn)],
  });
  allow(chart, accountsCourier, name, { egress: [toDns, toDatabase(name), toMail(signIn)] });
  allowScrapes(chart, env, name);
}

/** Egress to providers and to the list of leaked passwords. */
function toWeb({ providers, methods }: SignIn): Flow[] {
  const asks = methods.password !== false && methods.password.breachCheck === true;
  return asks || Object.keys(providers).length > 0 ? [{ ports: [{ port: 443 }] }] : [];
}

function toMail({ mail }: SignIn): Flow {
  if (mail.kind === 'mailpit') return { peers: [pods('mailpit', 'mailpit')], ports: [{ port: 1025 }] };
  return { ports: [{ port: mail.port }] };
}
