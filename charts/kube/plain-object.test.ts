import { ApiObject, App, Chart, JsonPatch, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { expect, it } from 'vitest';
import { plainObject } from './plain-object.ts';
import { toYaml } from './yaml.ts';

/** An object as cdk8s itself gives it, and as it is given here. */
function both(make: (chart: Chart) => ApiObject): [string, string] {
  const object = make(new Chart(new App(), 'a', { labels: { part: 'of' }, namespace: 'here' }));
  return [toYaml(plainObject(object)), toYaml(object.toJson())];
}

const spec = {
  selector: { matchLabels: { a: 'b' } },
  template: {
    spec: {
      volumes: [{ name: 'v', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } }],
      containers: [
        {
          name: 'c',
          ports: [{ containerPort: 1, hostIp: '1.2.3.4' }],
          readinessProbe: { httpGet: { port: k8s.IntOrString.fromString('http') } },
          resources: { limits: { cpu: k8s.Quantity.fromNumber(1) } },
        },
      ],
    },
  },
};
const metadata = { name: 'n', labels: { own: 'label' }, annotations: {} };

it.each<[string, (chart: Chart) => ApiObject]>([
  ['of a kind of Kubernetes', (chart) => new k8s.KubeDeployment(chart, 'o', { metadata, spec })],
  ['without props', (chart) => new k8s.KubeNamespace(chart, 'o')],
  [
    'with a label that came later',
    (chart) => {
      const object = new k8s.KubeNamespace(chart, 'o', { metadata });
      object.metadata.addLabel('late', 'yes');
      return object;
    },
  ],
  [
    'with metadata beyond labels and annotations',
    (chart) => {
      const object = new ApiObject(chart, 'o', {
        apiVersion: 'a/v1',
        kind: 'A',
        metadata: { ...metadata, generateName: 'g-', finalizers: ['a/b'] },
      });
      object.metadata.add('late', { nested: [1, undefined, {}] });
      return object;
    },
  ],
  [
    'with an owner and a finalizer that came later',
    (chart) => {
      const object = new k8s.KubeNamespace(chart, 'o', { metadata });
      object.metadata.addFinalizers('a/b');
      object.metadata.addOwnerReference({ apiVersion: 'v1', kind: 'K', name: 'k', uid: 'u' });
      return object;
    },
  ],
  [
    'with a label that is worked out late',
    (chart) => {
      const labels = { lazy: Lazy.any({ produce: () => 'worked out' }) };
      return new ApiObject(chart, 'o', { apiVersion: 'a/v1', kind: 'A', metadata: { name: 'n', labels } });
    },
  ],
  [
    'with names that are written otherwise',
    (chart) =>
      new k8s.KubeClusterRole(chart, 'o', { metadata, rules: [{ verbs: ['get'], nonResourceUrLs: ['/a'] }] }),
  ],
  [
    'of a kind of others',
    (chart) =>
      new ApiObject(chart, 'o', {
        apiVersion: 'a/v1',
        kind: 'A',
        metadata,
        spec: { gone: undefined, list: [], none: {} },
      }),
  ],
  [
    'that is patched',
    (chart) => {
      const object = new k8s.KubeDeployment(chart, 'o', { metadata, spec });
      object.addJsonPatch(JsonPatch.add('/spec/replicas', 3));
      return object;
    },
  ],
  [
    'of a class of its own',
    (chart) => {
      class Own extends k8s.KubeDeployment {
        override toJson(): unknown {
          return { ...Object(super.toJson()), status: 'mine' };
        }
      }
      return new Own(chart, 'o', { metadata, spec });
    },
  ],
])('an object %s equals the output of cdk8s', (_what, make) => {
  const [ours, theirs] = both(make);
  expect(ours).toBe(theirs);
});
