import type { Phase } from '../../cli/phases.ts';
import { kubectlOf } from '../../cluster/node-kubectl.ts';
import { ensureDecryptionKey } from '../../flux/decryption-key.ts';
import type { WithEngine } from '../input.ts';

/** Adds the private key with which Flux decrypts the secrets of apps to the cluster. */
export const decryptionKey: Phase<Pick<WithEngine, 'engine' | 'environment' | 'signal'>> = {
  title: 'Key of the secrets',
  run: async ({ engine, environment, signal }, report) => {
    report('the private key with which Flux decrypts');
    const kubectl = kubectlOf(engine, environment.cluster.name, signal);
    const { changed } = await ensureDecryptionKey(environment, kubectl);
    return { result: {}, unchanged: changed ? undefined : 'there' };
  },
};
