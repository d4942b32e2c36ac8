import { z } from 'zod';
import { dnsLabel } from './kubernetes-names.ts';

/** Keys of the Secret that holds what a receiver must not show. */
export const receiverKeys = { webhook: 'webhook-url', slack: 'slack-url', mail: 'mail-password' } as const;

const mailAddress = z
  .string()
  .regex(/^[^\s@<>,;]+@[a-z0-9.-]+\.[a-z]+$/i, "an address of mail such as 'team@example.org'");

/** A host and port as Alertmanager dials them (`smarthost`). */
const smarthost = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:\d{1,5}$/i, "a host and port such as 'smtp.example.org:587'");

const receiver = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('webhook')
      .describe('A POST with JSON to an https:// address, which is the key `webhook-url` of the Secret.'),
  }),
  z.strictObject({
    kind: z
      .literal('slack')
      .describe('A message in Slack, by an incoming webhook, which is the key `slack-url` of the Secret.'),
    channel: z
      .string()
      .regex(/^[#@][^\s#@]+$/, "a channel such as '#alerts'")
      .describe('Channel, or a person as @name.'),
  }),
  z.strictObject({
    kind: z.literal('mail').describe('A mail, by SMTP with STARTTLS.'),
    to: z.array(mailAddress).min(1).describe('Who gets it.'),
    from: mailAddress.describe('Who sends it.'),
    smarthost: smarthost.describe('SMTP server and port.'),
    user: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Name at the SMTP server; its password is the key `mail-password` of the Secret. Default: no login.',
      ),
  }),
]);

/** Whom Alertmanager tells of alerts. */
export const alertReceivers = z
  .strictObject({
    receivers: z
      .array(receiver)
      .min(1)
      .superRefine((receivers, context) => {
        for (const [i, { kind }] of receivers.entries()) {
          if (receivers.findIndex((other) => other.kind === kind) === i) continue;
          context.addIssue({
            code: 'custom',
            path: [i, 'kind'],
            message: `there is a receiver of kind ${kind} already, and the Secret has one key for it`,
            params: { fix: 'take one of them out' },
            input: kind,
          });
        }
      })
      .describe('Each gets every alert of severity `page` or `ticket`.'),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of a Secret in the namespace alertmanager with addresses and passwords of the receivers; made by hand or by SOPS, never rendered. Needed for webhook, slack, and mail with a user.',
      ),
  })
  .superRefine(({ receivers, secret }, context) => {
    const keys = receivers.flatMap((each) => receiverKey(each) ?? []);
    if (secret !== undefined || keys.length === 0) return;
    context.addIssue({
      code: 'custom',
      path: ['receivers'],
      message: `no Secret is named for ${keys.join(' and ')}, which must not stand here`,
      params: {
        fix: 'write secret: alert-receivers beside receivers, and make that Secret in the namespace alertmanager',
      },
      input: receivers,
    });
  });

export type AlertReceivers = z.infer<typeof alertReceivers>;
export type AlertReceiver = AlertReceivers['receivers'][number];

/** The key of the Secret that a receiver reads; nothing for mail without a login. */
export function receiverKey(receiver: AlertReceiver): string | undefined {
  return receiver.kind === 'mail' && receiver.user === undefined ? undefined : receiverKeys[receiver.kind];
}
