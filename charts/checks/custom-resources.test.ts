import { describe, expect, it } from 'vitest';
import { CustomResources } from './custom-resources.ts';

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        mode: { type: 'string', enum: ['fast', 'safe'] },
        interval: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        parts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        nothing: { type: 'string', nullable: true },
        perl: { type: 'string', pattern: '(?P<name>a)' },
      },
    },
    status: { type: 'object' },
  },
};
const definition = {
  kind: 'CustomResourceDefinition',
  spec: {
    group: 'example.org',
    names: { kind: 'Thing' },
    versions: [
      { name: 'v1', served: true, schema: { openAPIV3Schema: schema } },
      { name: 'v1alpha1', served: false, schema: { openAPIV3Schema: schema } },
    ],
  },
};
const resources = new CustomResources([definition, { kind: 'ConfigMap' }, null]);

const good = {
  size: 3,
  mode: 'fast',
  interval: '1m30s',
  port: 'http',
  labels: { a: 'b' },
  parts: [{ name: 'a' }],
  free: { anything: [1] },
  nothing: null,
  perl: 'what Go alone understands',
};
const faults = (spec: unknown, apiVersion = 'example.org/v1') =>
  resources.faults({ apiVersion, kind: 'Thing', metadata: { name: 'a', labels: { b: 'c' } }, spec });

describe('a custom resource', () => {
  it('is valid with fields of its definition', () => {
    expect(faults(good)).toEqual([]);
    expect(faults({ ...good, port: 80 })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a field that does not exist', { ...good, sise: 1 }, 'spec.sise is an unknown field'],
    ['one deep inside', { ...good, parts: [{ nam: 'a' }] }, 'spec.parts.0.nam is an unknown field'],
    ['another type', { ...good, size: '3' }, 'spec.size must be integer'],
    ['a list for a map', { ...good, labels: [] }, 'spec.labels must be object'],
    ['another type in a map', { ...good, labels: { a: 1 } }, 'spec.labels.a must be string'],
    [
      'a value that is not in the list',
      { ...good, mode: 'quick' },
      'spec.mode must be equal to one of the allowed values: fast, safe',
    ],
    ['too little', { ...good, size: 0 }, 'spec.size must be >= 1'],
    ['what does not match', { ...good, interval: '1 minute' }, 'spec.interval must match pattern'],
    ['a boolean for a port', { ...good, port: true }, 'spec.port must be integer,string'],
    ['a field too few', { mode: 'fast' }, "spec must have required property 'size'"],
  ])('is refused with %s', (_what, spec, message) => {
    expect(faults(spec)).toEqual([expect.objectContaining({ what: expect.stringContaining(message) })]);
  });

  it('with a misspelled field gets a suggestion', () => {
    expect(faults({ ...good, intervall: '1m' })?.[0]?.fix).toBe("did you mean 'interval'?");
  });

  it('of a version that is not served has no definition', () => {
    expect(faults(good, 'example.org/v1alpha1')).toBeUndefined();
    expect(faults(good, 'example.org/v2')).toBeUndefined();
  });
});
