import { describe, expect, it } from 'vitest';
import { find } from '../../test/charts/find.ts';
import { container, rendered, template } from '../../test/charts/rendered-app.ts';
import { field } from '../kube/field.ts';

const resources = { cpu: '10m', memory: '16Mi' };

describe('the nodes of an app', () => {
  const chosen = { labels: { disk: 'ssd' }, tolerate: ['card'], gpus: { 'nvidia.com/gpu': 1 } };

  it("are selected by the app's pods and by those of its job", () => {
    const { component, job } = rendered({ nodes: chosen, job: { command: ['a'], resources } });
    for (const pod of [
      field(find(component, 'Deployment', 'shop'), ...template, 'spec'),
      field(
        job?.objects.find(({ kind }) => kind === 'Job'),
        ...template,
        'spec',
      ),
    ]) {
      expect(field(pod, 'nodeSelector')).toEqual({ disk: 'ssd' });
      expect(field(pod, 'tolerations')).toEqual([{ key: 'card', operator: 'Exists', effect: 'NoSchedule' }]);
    }
    const limits = field(find(component, 'Deployment', 'shop'), ...container, 'resources', 'limits');
    expect(limits).toEqual({ memory: '32Mi', 'nvidia.com/gpu': 1 });
  });

  it('spread its pods evenly if strict, else as far as they have room', () => {
    const spreadOf = (spread: object) =>
      field(
        find(rendered({ replicas: 2, nodes: { spread } }).component, 'Deployment', 'shop'),
        ...template,
        ...['spec', 'topologySpreadConstraints', 0],
      );
    expect(spreadOf({ over: 'rack', strict: true })).toMatchObject({
      topologyKey: 'rack',
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
    });
    expect(spreadOf({})).toMatchObject({
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
    });
  });
});
