import { describe, expect, it } from 'vitest';
import type { AppInput } from '../../model/app.ts';
import type { AppFile } from '../../model/reading/app-files.ts';
import { find } from '../../test/charts/find.ts';
import { container, rendered } from '../../test/charts/rendered-app.ts';
import { field } from '../kube/field.ts';

const resources = { cpu: '10m', memory: '16Mi' };

describe('a job that gates the roll-out', () => {
  const given: Partial<AppInput> = {
    env: { MODE: 'shop' },
    job: { command: ['migrate'], env: { STEP: 'all' }, resources },
  };

  it('is a separate component, on which the app depends', () => {
    const { component, job, rules } = rendered(given);
    const object = job?.objects.find(({ kind }) => kind === 'Job');
    expect(object?.metadata.name).toMatch(/^shop-job-[0-9a-f]{10}$/);
    expect(find(component, 'Deployment', 'shop').metadata.annotations?.['plinth.io/after']).toBe(
      `Job shop/${object?.metadata.name}`,
    );
    expect(field(object, ...container, 'env')).toEqual([
      { name: 'MODE', value: 'shop' },
      { name: 'STEP', value: 'all' },
    ]);
    expect(rules).toEqual([]);
  });

  it('gets a new name with another image, variable or file, but not with another number of replicas', () => {
    const name = (more: Partial<AppInput>, contents: AppFile[] = []) =>
      rendered({ ...given, ...more }, contents).job?.objects.find(({ kind }) => kind === 'Job')?.metadata
        .name;
    expect(name({ replicas: 2 })).toBe(name({}));
    expect(name({ env: { MODE: 'other' } })).not.toBe(name({}));
    const files = { '/etc/a': 'a' };
    expect(name({ files }, [{ path: 'a', text: '1' }])).not.toBe(name({ files }, [{ path: 'a', text: '2' }]));
  });
});
