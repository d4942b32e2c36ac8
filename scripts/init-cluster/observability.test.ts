import { describe, expect, it } from 'vitest';
import { operatorSchema } from '../../model/operator.ts';
import { observabilityImages, platformImages } from './image-sets.ts';
import { pathsOfOthers, withoutObservability } from './observability.ts';

const operator = (name: string, more: object = {}) => ({
  ...operatorSchema.parse({ name, summary: name, namespace: name, images: [name], ...more }),
  extraObjects: [],
});
const environment = {
  name: 'dev',
  operators: [operator('traefik'), operator('prometheus', { stores: ['light'] }), operator('registry')],
};

describe('observability at the first start', () => {
  it('omits only its own components and their Kustomizations', () => {
    const paths = [
      'manifests/dev/prometheus/deployment-prometheus.yaml',
      'manifests/dev/flux-sync/kustomization-prometheus.yaml',
      'manifests/dev/flux-sync/kustomization-traefik.yaml',
      'manifests/dev/identity/configmap-prometheus-roots.yaml',
      'manifests/dev/traefik/deployment-traefik.yaml',
      'manifests/prod/prometheus/deployment-prometheus.yaml',
    ];
    const manifests = new Map(paths.map((path) => [path, '']));
    expect([...withoutObservability(environment, manifests).keys()]).toEqual(paths.slice(2));
  });

  it('is committed without other components, which may have changed meanwhile', () => {
    const manifests = new Map(
      [
        'manifests/dev/prometheus/deployment-prometheus.yaml',
        'manifests/dev/traefik/deployment-traefik.yaml',
        'manifests/dev/traefik/service-traefik.yaml',
        'manifests/dev/flux-sync/kustomization-prometheus.yaml',
        'manifests/dev/flux-sync/kustomization-traefik.yaml',
        'manifests/dev/flux-sync/gitrepository-platform.yaml',
      ].map((path) => [path, '']),
    );
    expect(pathsOfOthers(environment, manifests)).toEqual([
      'manifests/dev/traefik',
      'manifests/dev/flux-sync/kustomization-traefik.yaml',
      'manifests/dev/flux-sync/gitrepository-platform.yaml',
    ]);
  });

  it('supplies its images separately from those of the front page', () => {
    expect(platformImages(environment)).toEqual(['traefik']);
    expect(observabilityImages(environment)).toEqual(['prometheus']);
  });
});
