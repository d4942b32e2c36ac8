import { expect, it } from 'vitest';
import { z } from 'zod';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { chart } from './chart.ts';
import operator from './operator.ts';

const job = z.object({
  spec: z.object({
    jobTemplate: z.object({
      spec: z.object({
        activeDeadlineSeconds: z.number(),
        template: z.object({
          spec: z.object({
            terminationGracePeriodSeconds: z.number().default(30),
            initContainers: z.array(z.object({ name: z.string(), args: z.array(z.string()) })),
          }),
        }),
      }),
    }),
  }),
});

it('no push is taken as long as the clean-up can run', () => {
  const made = chart(environment({ operators: [operator], cluster: { registry: { overlay: 'tls' } } }));
  if (made === undefined) throw new Error('nothing was made');
  const { activeDeadlineSeconds, template } = job.parse(find(made, 'CronJob', 'registry-cleanup')).spec
    .jobTemplate.spec;
  const close = template.spec.initContainers.find(({ name }) => name === 'close');
  const closed = Number(
    /^--closed=(\d+)s$/.exec(close?.args.find((arg) => arg.startsWith('--closed=')) ?? '')?.[1],
  );
  expect(closed).toBeGreaterThan(activeDeadlineSeconds + template.spec.terminationGracePeriodSeconds);
});
