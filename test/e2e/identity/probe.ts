import { type Engine, findEngine } from '../../../images/index.ts';
import { loadLock } from '../../../images/lock/index.ts';
import { nodeKubectl } from '../../../scripts/cluster/node-kubectl.ts';
import { until } from '../../until.ts';

/** A cluster as a test asks it: kubectl, and pods with psql and openssl in the place of apps. */
export class ClusterProbe {
  readonly engine: Engine;
  readonly #cluster: string;

  private constructor(engine: Engine, cluster: string) {
    this.engine = engine;
    this.#cluster = cluster;
  }

  static async of(cluster: string): Promise<ClusterProbe> {
    const engine = await findEngine();
    if (engine === undefined) throw new Error('no container engine runs');
    return new ClusterProbe(engine, cluster);
  }

  kubectl(args: string[], input?: string): Promise<string> {
    return nodeKubectl(this.engine, this.#cluster, args, input === undefined ? {} : { input });
  }

  /** What kubectl refused with; it must refuse. */
  async refused(args: string[], input?: string): Promise<string> {
    return this.kubectl(args, input).then(
      (text) => {
        throw new Error(`kubectl ${args.join(' ')} was not refused: ${text}`);
      },
      (error: unknown) => String(error),
    );
  }

  async json(args: string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl([...args, '-o', 'json']));
  }

  /** `pod/NAME` of an app, never its probe, which has the labels of the app and which `deploy/APP` can mean too. */
  async podOf(app: string): Promise<string> {
    const names = await this.kubectl([
      ...['get', 'pods', '-n', app, '-l', `app.kubernetes.io/name=${app},pod-template-hash`],
      ...['--field-selector=status.phase=Running', '-o', 'name'],
    ]);
    const [first] = names.split('\n');
    if (first === undefined || first === '') throw new Error(`no pod of ${app} runs`);
    return first;
  }

  /** A shell line in the probe of a namespace; its output and errors together, and whether it ended well. */
  async sh(namespace: string, line: string): Promise<{ ok: boolean; text: string }> {
    const text = await this.kubectl([
      ...['exec', '-n', namespace, 'probe', '--', 'sh', '-c'],
      `{ ${line}\n} 2>&1; code=$?; echo; echo "ended $code"`,
    ]);
    return { ok: /ended 0\s*$/.test(text), text: text.replace(/\nended \d+\s*$/, '').trim() };
  }

  /** Waits until a login answers a query from the probe of a namespace: network policies do not know a new pod at once. */
  async queries(namespace: string, variables: string): Promise<void> {
    let last = '';
    await until(
      async () => {
        last = (await this.sh(namespace, `${variables} psql -wAtc 'select 1'`)).text;
        return last === '1';
      },
      () => `the first query from ${namespace}: ${last}`,
    );
  }

  /** A pod with the labels of the app, the Secrets mounted as `/as/NAME` and the roots of an authority beside each. */
  async startProbe(namespace: string, secrets: Record<string, string>): Promise<void> {
    const image = loadLock().images.postgresql?.ref;
    const volumes = Object.entries(secrets).map(([secret, authority]) => ({
      name: secret,
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name: secret, items: ['tls.crt', 'tls.key'].map((key) => ({ key, path: key })) } },
          { configMap: { name: `${authority}-trust` } },
        ],
      },
    }));
    const security = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe', namespace, labels: { 'app.kubernetes.io/name': namespace } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 26,
          fsGroup: 26,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'probe',
            image,
            command: ['sleep', 'infinity'],
            securityContext: security,
            volumeMounts: [
              { name: 'tmp', mountPath: '/tmp' },
              ...volumes.map(({ name }) => ({ name, mountPath: `/as/${name}`, readOnly: true })),
            ],
          },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
      },
    };
    await this.kubectl(['delete', 'pod', 'probe', '-n', namespace, '--ignore-not-found', '--wait']);
    await this.kubectl(['apply', '-f', '-'], JSON.stringify(pod));
    await this.kubectl(['wait', '-n', namespace, '--for=condition=Ready', 'pod/probe', '--timeout=120s']);
  }
}

/** The variables of libpq for a login; what is left out of the folder's files is not shown. */
export function login(role: string, folder: string, given: Record<string, string> = {}): string {
  const variables = {
    PGHOST: 'ledger-db-rw.ledger.svc.cluster.local',
    PGDATABASE: 'ledger',
    PGUSER: role,
    PGSSLMODE: 'verify-full',
    PGSSLCERT: `${folder}/tls.crt`,
    PGSSLKEY: `${folder}/tls.key`,
    PGSSLROOTCERT: `${folder}/roots.pem`,
    PGCONNECT_TIMEOUT: '20',
    HOME: '/tmp',
    ...given,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
}
