import { describe, expect, it } from 'vitest';
import type { AppFile } from '../../model/reading/app-files.ts';
import { find } from '../../test/charts/find.ts';
import { container, rendered, template } from '../../test/charts/rendered-app.ts';
import { field } from '../kube/field.ts';

describe('files', () => {
  const files = { '/etc/shop/a.conf': 'files/a.conf', '/etc/b': 'b' };
  const contents = (text: string): AppFile[] => [
    { path: 'b', binary: 'AA==' },
    { path: 'files/a.conf', text },
  ];

  it('files become a ConfigMap, each mounted separately and read-only', () => {
    const { component } = rendered({ files }, contents('a=1\n'));
    const map = find(component, 'ConfigMap', 'shop-files');
    expect(map.data).toEqual({ 'files__a.conf': 'a=1\n' });
    expect(map.binaryData).toEqual({ b: 'AA==' });
    expect(field(find(component, 'Deployment', 'shop'), ...container, 'volumeMounts')).toContainEqual({
      name: 'files',
      mountPath: '/etc/shop/a.conf',
      subPath: 'files__a.conf',
      readOnly: true,
    });
  });

  it('files replace the pods when their content changes, and only then', () => {
    const mark = (text: string) =>
      field(
        find(rendered({ files }, contents(text)).component, 'Deployment', 'shop'),
        ...template,
        'metadata',
        'annotations',
      );
    expect(mark('a=1\n')).toEqual(mark('a=1\n'));
    expect(mark('a=2\n')).not.toEqual(mark('a=1\n'));
  });
});

describe('temporary space', () => {
  it('temporary space has its size, on disk or in memory', () => {
    const { component } = rendered({
      temporary: { '/tmp': '1Gi', '/dev/shm': { size: '16Mi', memory: true } },
    });
    expect(field(find(component, 'Deployment', 'shop'), ...template, 'spec', 'volumes')).toEqual([
      { name: 'temporary-0', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'temporary-1', emptyDir: { sizeLimit: '16Mi', medium: 'Memory' } },
    ]);
  });
});

describe('volumes', () => {
  it("with per: 'app' are one claim that Flux never prunes, and the pod never runs twice", () => {
    const { component, rules } = rendered({
      volumes: { data: { path: '/data', size: '2Gi', class: 'fast' } },
    });
    const claim = find(component, 'PersistentVolumeClaim', 'shop-volume-data');
    expect(claim.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    expect(claim.spec).toMatchObject({
      storageClassName: 'fast',
      resources: { requests: { storage: '2Gi' } },
    });
    const deployment = find(component, 'Deployment', 'shop');
    expect(field(deployment, 'spec', 'strategy')).toEqual({ type: 'Recreate' });
    expect(field(deployment, ...template, 'spec', 'securityContext', 'fsGroup')).toBe(65532);
    expect(rules).toEqual([]);
  });

  it("with per: 'replica' make a StatefulSet, whose pods call each other by name", () => {
    const { component, rules } = rendered({
      replicas: 3,
      volumes: { data: { path: '/data', size: '2Gi', per: 'replica' } },
    });
    const set = find(component, 'StatefulSet', 'shop');
    expect(field(set, 'spec')).toMatchObject({
      replicas: 3,
      serviceName: 'shop-pods',
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    expect(field(set, 'spec', 'volumeClaimTemplates', 0, 'metadata', 'name')).toBe('volume-data');
    expect(field(find(component, 'Service', 'shop-pods'), 'spec', 'clusterIP')).toBe('None');
    const own = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } } };
    const policy = find(component, 'NetworkPolicy', 'shop');
    expect(field(policy, 'spec', 'ingress', 0, 'from', 0)).toMatchObject(own);
    expect(field(policy, 'spec', 'egress', 1, 'to', 0)).toMatchObject(own);
    expect(rules).toEqual([]);
  });
});
