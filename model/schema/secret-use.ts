import { z } from 'zod';
import { secretKey } from './encrypted-secret.ts';
import { dnsLabel } from './kubernetes-names.ts';

/** Variable name by POSIX ('Environment Variable Definition'), like every other variable of an app. */
const variable = /^[A-Z_][A-Z0-9_]*$/;

/** The key of a Secret with logins of registries (Kubernetes, 'Docker config Secrets'). */
export const pullKey = '.dockerconfigjson';

/** An edge to values that are encrypted in Git, or in the external store of an environment. */
export const secretUse = z
  .strictObject({
    /** Reads values that are encrypted in Git, `apps/APP/secrets/ENV/NAME.yaml`, set by `npm run secrets -- set`; or in the store that cluster.yaml names. */
    kind: z.literal('secret'),
    /** Name of the group of keys, such as the keys of one provider. */
    name: dnsLabel.max(50, 'at most 50 characters, because the name of a volume contains it'),
    /** Keys of the values that the app reads. */
    keys: z.array(secretKey).min(1),
    /**
     * `variables`: each value is an environment variable with the name of its key. `files`: each value is a read-only file
     * `/secrets/NAME/KEY`. A change of a value in Git replaces the pods. `pull`: the logins by which nodes pull the app's images from registries, as
     * Docker's config.json has them; the key is `.dockerconfigjson`, and the app itself does not see it.
     */
    as: z.enum(['variables', 'files', 'pull']).default('variables'),
  })
  .superRefine(({ keys, as }, context) => {
    for (const [i, key] of keys.entries()) {
      if (keys.indexOf(key) < i) {
        context.addIssue({
          code: 'custom',
          path: ['keys', i],
          message: 'it is already in the list',
          params: { fix: 'remove it' },
          input: key,
        });
      } else if (as === 'pull' && key !== pullKey) {
        context.addIssue({
          code: 'custom',
          path: ['keys', i],
          message: `nodes read logins of registries from the key ${pullKey}`,
          params: { fix: `write keys: ['${pullKey}']` },
          input: key,
        });
      } else if (as === 'variables' && !variable.test(key)) {
        context.addIssue({
          code: 'custom',
          path: ['keys', i],
          message: 'it becomes a variable, whose name has A-Z, 0-9 and _ and starts with no digit',
          params: { fix: "write such a name, or as: 'files'" },
          input: key,
        });
      }
    }
  });
