import { expect, it } from 'vitest';
import { pathOfField, refusalOf } from './refusal.ts';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'proxy', ports: [{ containerPort: 1 }] },
          { name: 'web', ports: [{ containerPort: 8080 }, { containerPort: 8443 }] },
        ],
      },
    },
  },
};
const containers = ['spec', 'template', 'spec', 'containers'];

it.each([
  ['spec.template.spec.containers[1].ports[0].name', [...containers, 1, 'ports', 0, 'name']],
  ['.spec.template.spec.containers[name="web"].colour', [...containers, 1, 'colour']],
  [
    '.spec.template.spec.containers[name="web"].ports[containerPort=8443,protocol="TCP"].colour',
    [...containers, 1, 'ports', 1, 'colour'],
  ],
  ['metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  ['', []],
])('%s is a path', (text, path) => {
  expect(pathOfField(text, deployment)).toEqual(path);
});

it('takes the fields from the causes of a Status', () => {
  const status = {
    kind: 'Status',
    details: {
      causes: [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'Invalid value: -1' }],
    },
  };
  const expected = { message: 'm', causes: [{ field: 'spec.replicas', message: 'Invalid value: -1' }] };
  expect(refusalOf('m', status)).toEqual(expected);
  expect(refusalOf('m', JSON.stringify(status))).toEqual(expected);
});

it.each([
  [
    'failed to create typed patch object (a/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].colour: field not declared in schema',
    ['.spec.template.spec.containers[name="web"].colour'],
  ],
  [
    'strict decoding error: unknown field "spec.colour", unknown field "spec.size"',
    ['spec.colour', 'spec.size'],
  ],
  ["ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no", []],
])('takes the fields out of the message: %s', (message, fields) => {
  expect(refusalOf(message, 'no JSON').causes.map(({ field }) => field)).toEqual(fields);
});
