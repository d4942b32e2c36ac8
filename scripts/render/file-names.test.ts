import { describe, expect, it } from 'vitest';
import { fileNames } from './manifests.ts';

const named = (id: string) => {
  const [apiVersion = '', kind = '', name = '', namespace] = id.split(' ');
  return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } };
};

describe('file names', () => {
  it('are safe in every file system, and distinguish namespaces', () => {
    const objects = ['v1 ConfigMap a one', 'v1 ConfigMap a two', 'rbac/v1 ClusterRole system:X'].map(named);
    expect([...fileNames(objects).keys()]).toEqual([
      'configmap-a-one.yaml',
      'configmap-a-two.yaml',
      'clusterrole-system-x.yaml',
    ]);
  });

  it('have a hash where they would be the same, whatever their order', () => {
    const objects = ['rbac/v1 ClusterRole x:y', 'rbac/v1 ClusterRole x-y', 'rbac/v1 ClusterRole z'].map(
      named,
    );
    const names = [...fileNames(objects).keys()];
    expect(names).toEqual([
      expect.stringMatching(/^clusterrole-x-y-rbac-[0-9a-f]{12}\.yaml$/),
      expect.stringMatching(/^clusterrole-x-y-rbac-[0-9a-f]{12}\.yaml$/),
      'clusterrole-z.yaml',
    ]);
    expect([...fileNames(objects.toReversed()).keys()].sort()).toEqual(names.toSorted());
  });

  it('are short enough for a file system, and unique', () => {
    const long = 'a'.repeat(253);
    const objects = [`v1 ConfigMap ${long} n`, `v1 ConfigMap ${long.slice(1)} n`].map(named);
    const names = [...fileNames(objects).keys()];
    expect(names.map((name) => name.length <= 255)).toEqual([true, true]);
    expect(() => fileNames([...objects, ...objects])).toThrow('twice');
  });
});
