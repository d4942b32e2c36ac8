import { z } from 'zod';
import { forge } from '../forge.ts';
import { gitUrl } from '../git-url.ts';
import { dnsLabel } from '../kubernetes-names.ts';
import { bytes } from '../resources.ts';

/** The Git repository that Flux reads. */
export const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('in-cluster')
      .describe(
        'A Git server in the cluster; pushes go through the API server, so that a kubeconfig is the only credential.',
      ),
    storage: bytes.default('1Gi').describe('Size of the volume for the repository, in bytes.'),
  }),
  z.strictObject({
    kind: z.literal('git').describe('A Git repository outside of the cluster.'),
    url: gitUrl.describe('Address of the repository, https:// or ssh://, without credentials.'),
    branch: z
      .string()
      .regex(
        // git-check-ref-format: no part begins with a dot or ends with .lock.
        /^(?![-/])(?!(HEAD|@)$)(?!refs\/)(?!(.*\/)?\.)(?!.*\.lock(\/|$))(?!.*(\.\.|\/\/|@\{|[/.]$))[^\s\p{Cc}~^:?*[\\]+$/u,
        "the name of a branch such as 'main'",
      )
      .default('main')
      .describe('Branch that Flux applies.'),
    forge: forge
      .optional()
      .describe(
        'Forge of the repository, where promotions become pull requests. Default: none, promotions become branches.',
      ),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of the Secret in flux-system with the deploy key, required for SSH; created by hand or with SOPS, never rendered. Default: none, the repository is public.',
      ),
  }),
]);
