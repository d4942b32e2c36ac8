import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { configMap } from '../../charts/kube/config-map.ts';
import { imageRef } from '../../charts/kube/image.ts';
import { accountsKeys, podLabels } from '../../charts/kube/names.ts';
import { allow, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { nonRoot, podSpec } from '../../charts/kube/pod.ts';
import { role } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { accountsOperator } from '../../model/schema/database.ts';
import { keyVariables } from './variables.ts';

const space = accountsOperator;
const folder = '/keys';
const program = readFileSync(new URL('./make-keys.ts', import.meta.url), 'utf8');

/**
 * A Job that creates the Secret with Kratos' keys. They are in no manifest, and each cluster has its own. Kratos' pods start once
 * it exists.
 */
export function keysJob(chart: Chart, env: Environment): void {
  const name = accountsKeys;
  serviceAccount(chart, name, space);
  role(chart, name, space, { serviceAccount: name, namespace: space }, [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ]);
  const annotations = configMap(chart, name, space, { 'make-keys.ts': program });
  const spec = jobSpec(imageRef(env, 'node'), annotations);
  // A Job is immutable, so each change gives a new name.
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 10);
  new k8s.KubeJob(chart, 'keys-job', { metadata: { name: `${name}-${hash}`, namespace: space }, spec });
  allow(chart, name, space, { egress: [toDns, toKubernetesApi] });
}

function jobSpec(image: string, annotations: Record<string, string>): k8s.JobSpec {
  const name = accountsKeys;
  return {
    backoffLimit: 6,
    activeDeadlineSeconds: 240,
    template: {
      metadata: { labels: podLabels(name), annotations },
      spec: {
        ...podSpec({
          serviceAccountName: name,
          kubernetesApi: true,
          user: nonRoot,
          container: {
            name: 'keys',
            image,
            command: ['node', `${folder}/make-keys.ts`, space, accountsKeys, ...Object.keys(keyVariables)],
            env: [
              {
                name: 'NODE_EXTRA_CA_CERTS',
                value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
              },
            ],
            resources: { cpu: '10m', memory: '64Mi', memoryLimit: '128Mi' },
            volumeMounts: [{ name: 'program', mountPath: folder, readOnly: true }],
          },
          volumes: [{ name: 'program', configMap: { name } }],
        }),
        restartPolicy: 'Never',
      },
    },
  };
}
