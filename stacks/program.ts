import { getStack } from '@pulumi/pulumi/metadata.js';
import { amazon } from './amazon.ts';
import { environmentOf } from './environment-of.ts';
import { kind } from './kind.ts';
import { machines } from './machines.ts';

/** The resources below one environment's cluster. Returns the outputs of the stack. */
export async function program(): Promise<Record<string, unknown>> {
  const environment = await environmentOf(getStack());
  const { provider } = environment.cluster;
  switch (provider.kind) {
    case 'kind':
      return kind(environment);
    case 'machines':
      return machines(environment, provider);
    case 'aws':
      return amazon(environment, provider);
  }
}
