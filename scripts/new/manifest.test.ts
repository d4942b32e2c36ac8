import { describe, expect, it } from 'vitest';
import { appSchema } from '../../model/app.ts';
import { fromManifest, isManifest } from './manifest.ts';

const shop = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 2
  strategy: { type: Recreate }
  selector: { matchLabels: { app: shop } }
  template:
    spec:
      nodeSelector: { disk: ssd }
      securityContext: { runAsUser: 0 }
      containers:
        - name: shop
          image: example/shop:1.4.2
          args: ["--listen", ":80"]
          envFrom: [{ configMapRef: { name: shop } }, { secretRef: { name: payments } }]
          env:
            - { name: LOG, value: info }
            - { name: API_TOKEN, value: not-to-be-copied }
            - { name: STRIPE_KEY, valueFrom: { secretKeyRef: { name: stripe, key: key } } }
            - { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
          ports: [{ name: web, containerPort: 80 }, { containerPort: 53, protocol: UDP }]
          readinessProbe: { httpGet: { path: /ready, port: web }, initialDelaySeconds: 10, periodSeconds: 5 }
          livenessProbe: { tcpSocket: { port: 8081 } }
          resources: { requests: { cpu: 500m, memory: 256Mi }, limits: { cpu: "1", memory: 512Mi } }
          securityContext: { capabilities: { add: [CHOWN, SYS_ADMIN] } }
          lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
          volumeMounts:
            - { name: cache, mountPath: /var/cache }
            - { name: data, mountPath: /data }
            - { name: config, mountPath: /etc/shop }
            - { name: host, mountPath: /host }
        - name: proxy
          image: example/proxy:1.0.0
      volumes:
        - { name: cache, emptyDir: { sizeLimit: 128Mi } }
        - { name: data, persistentVolumeClaim: { claimName: shop } }
        - { name: config, configMap: { name: files } }
        - { name: host, hostPath: { path: / } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: shop }
data: { REGION: eu }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: files }
data: { shop.conf: "a = 1\\n" }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: shop }
spec: { resources: { requests: { storage: 5Gi } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec: { rules: [{ host: shop.example.com }] }
---
apiVersion: v1
kind: Secret
metadata: { name: stripe }
stringData: { key: not-to-be-copied }
`;
const made = () => fromManifest(shop, 'shop.yaml', 'shop');

describe('a Deployment', () => {
  it('becomes a valid app', () => {
    const { description, files } = made();
    expect(description).toEqual({
      image: { ref: 'docker.io/example/shop:1.4.2' },
      // Its volume is for one pod.
      replicas: 1,
      args: ['--listen', ':80'],
      env: { REGION: 'eu', LOG: 'info' },
      ports: { web: { port: 80 } },
      probes: { ready: { path: '/ready', port: 'web', period: 5 } },
      resources: { cpu: '500m', memory: '512Mi', reason: 'The reservation of its Deployment.' },
      user: 0,
      capabilities: ['CHOWN'],
      temporary: { '/var/cache': '128Mi' },
      volumes: { data: { path: '/data', size: '5Gi' } },
      files: { '/etc/shop/shop.conf': 'files/shop.conf' },
      exposes: { port: 'web' },
      uses: [
        { kind: 'secret', name: 'keys', keys: ['API_TOKEN'] },
        { kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] },
      ],
      exceptions: ['low-port', 'non-root', 'capabilities'].map((rule) => expect.objectContaining({ rule })),
    });
    expect(files).toEqual({ 'files/shop.conf': 'a = 1\n' });
    expect(appSchema.safeParse({ name: 'shop', summary: 'A shop.', ...description }).success).toBe(true);
  });

  it('has a result for each of its keys', () => {
    const { notes } = made();
    expect(Object.fromEntries(notes.map(({ key, fate }) => [key, fate]))).toEqual({
      image: 'approximated',
      args: 'kept',
      'envFrom.shop.REGION': 'kept',
      'envFrom.payments': 'dropped',
      'env.LOG': 'kept',
      'env.API_TOKEN': 'approximated',
      'env.STRIPE_KEY': 'approximated',
      'env.NODE': 'dropped',
      'ports.80': 'kept',
      'ports.53': 'dropped',
      readinessProbe: 'approximated',
      livenessProbe: 'dropped',
      resources: 'approximated',
      'securityContext.runAsUser': 'kept',
      'securityContext.capabilities': 'kept',
      'securityContext.capabilities.SYS_ADMIN': 'dropped',
      'volumeMounts./var/cache': 'approximated',
      'volumeMounts./data': 'approximated',
      'volumeMounts./etc/shop': 'kept',
      'volumeMounts./host': 'dropped',
      replicas: 'approximated',
      'containers.proxy': 'dropped',
      lifecycle: 'dropped',
      nodeSelector: 'dropped',
      strategy: 'dropped',
      'ConfigMap shop': 'kept',
      'ConfigMap files': 'kept',
      'PersistentVolumeClaim shop': 'kept',
      'Ingress shop': 'approximated',
      'Secret stripe': 'dropped',
    });
  });

  it('never copies a secret', () => {
    expect(JSON.stringify(made())).not.toContain('not-to-be-copied');
  });

  it('without ports is a worker, and without a probe gets a TCP probe', () => {
    const plain = (container: string) =>
      fromManifest(
        `kind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [${container}] } } }\n`,
        'a.yaml',
        'a',
      ).description;
    expect(plain('{ name: a, image: "a.io/b:1.0" }')).not.toHaveProperty('probes');
    expect(plain('{ name: a, image: "a.io/b:1.0", ports: [{ containerPort: 8080 }] }')).toMatchObject({
      ports: { http: { port: 8080 } },
      probes: { ready: { tcp: 'http' } },
    });
  });

  it.each([
    [
      'an image without a version',
      shop.replace('shop:1.4.2', 'shop'),
      'has no version, so that its content changes',
    ],
    ['an image that is latest', shop.replace('shop:1.4.2', 'shop:latest'), "the version 'latest'"],
    [
      'another name',
      shop.replace(
        'kind: Deployment\nmetadata: { name: shop }',
        'kind: Deployment\nmetadata: { name: a }\n---\nkind: Deployment\nmetadata: { name: b }',
      ),
      "has no Deployment 'shop'; it has a, b",
    ],
    ['a document that is no object', `${shop}---\n[1]\n`, 'that is not a Kubernetes object'],
    [
      'a file that leads out of its folder',
      shop.replace('shop.conf:', '../../shop.conf:'),
      'Invalid key in record',
    ],
    [
      'a container without an image',
      shop.replace('image: example/shop:1.4.2', 'tag: 1'),
      'is not a valid Kubernetes object',
    ],
    ['broken YAML', `${shop}---\na: [1\n`, 'is not valid YAML'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => fromManifest(text, 'shop.yaml', 'shop')).toThrow(message);
  });
});

it('is distinguished from a compose file', () => {
  expect(isManifest(shop)).toBe(true);
  expect(isManifest('services: { a: { image: a } }\n')).toBe(false);
});
