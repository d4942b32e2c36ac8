import { z } from 'zod';
import { dnsLabel } from './kubernetes-names.ts';
import { webAddress } from './web-address.ts';

/** Keys of the Secret that the receiver of a forge reads. */
export const forgeReceiverKeys = { webhook: 'webhook-secret', status: 'status-token' } as const;

const receiver = z
  .strictObject({
    secret: dnsLabel.describe(
      'Name of a Secret in the namespace receiver with `webhook-secret`, the secret of the webhook at the forge, and with `status-token` if `status` is set; created by hand or with SOPS, never rendered.',
    ),
    status: z
      .literal(true)
      .optional()
      .describe(
        'The forge shows at each commit if Flux has applied it. The token `status-token` must be able to write commit statuses of the repository, and nothing else. Default: no statuses.',
      ),
  })
  .describe(
    'Webhook for pushes, at https://hooks.DOMAIN/push: Flux reads a push at once. Default: none, Flux reads it within a minute.',
  );

/** The forge that has the manifest repository of an environment. */
export const forge = z.strictObject({
  kind: z.enum(['github', 'gitlab', 'gitea']).describe('Kind of API; Forgejo has the API of `gitea`.'),
  api: webAddress({ example: 'https://git.example.org/api/v1', scheme: 'http' })
    .refine((text) => !text.endsWith('/'), {
      error: 'paths are added to it',
      params: { fix: 'remove the slash at its end' },
    })
    .optional()
    .describe('Address of the API. Default: the one that forges of that kind have on the host of the url.'),
  receiver: receiver.optional(),
});

export type ForgeSettings = z.infer<typeof forge>;
export type ForgeKind = ForgeSettings['kind'];
