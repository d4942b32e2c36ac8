import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { dnsLabel, dnsName } from './kubernetes-names.ts';
import { tcpPort } from './tcp-port.ts';

/** Keys of the Secret with the confidential fields of receivers. */
export const receiverKeys = {
  webhook: 'webhook-url',
  slack: 'slack-url',
  mail: 'mail-password',
  heartbeat: 'heartbeat-url',
} as const;

const mailAddress = z
  .string()
  // Alertmanager would expand a template, {{ … }}.
  .regex(/^[^\s@<>,;{}]+@[a-z0-9.-]+\.[a-z]+$/i, "an address of mail such as 'team@example.org'");

/** Host and port of an SMTP server (Alertmanager, `smarthost`). */
const smarthost = z.string().refine(
  (text) => {
    const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
    const isHost = dnsName.safeParse(host.toLowerCase()).success || isIPv4(host);
    return isHost && tcpPort.safeParse(Number(port)).success;
  },
  {
    error: 'it is not a host with a port from 1 to 65535',
    params: { fix: "write a host and port such as 'smtp.example.org:587'" },
  },
);

const receiver = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('webhook')
      .describe(
        'Webhook: an HTTP POST with JSON. The key `webhook-url` of the Secret is its https:// address.',
      ),
  }),
  z.strictObject({
    kind: z
      .literal('slack')
      .describe('Slack message. The key `slack-url` of the Secret is the address of an incoming webhook.'),
    channel: z
      .string()
      .regex(/^[#@][^\s#@{}]+$/, "a channel such as '#alerts'")
      .describe('Channel such as #alerts, or a person as @name.'),
  }),
  z.strictObject({
    kind: z.literal('mail').describe('Mail by SMTP with STARTTLS.'),
    to: z.array(mailAddress).min(1).describe('Recipients.'),
    from: mailAddress.describe('Sender.'),
    smarthost: smarthost.describe('SMTP server and port.'),
    user: z
      .string()
      .min(1)
      .optional()
      .describe(
        'User name at the SMTP server; the key `mail-password` of the Secret is its password. Default: no login.',
      ),
  }),
  z.strictObject({
    kind: z
      .literal('heartbeat')
      .describe(
        "A service outside of the cluster that tells people if it hears nothing (dead man's switch). It gets no alert but the watchdog, by an HTTP POST every five minutes. The key `heartbeat-url` of the Secret is its https:// address.",
      ),
  }),
]);

/** Receivers of Alertmanager's notifications. */
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
      .describe('Receivers; each but a heartbeat gets every alert of severity `page` or `ticket`.'),
    secret: dnsLabel
      .optional()
      .describe(
        'Name of a Secret in the namespace alertmanager with addresses and passwords of the receivers; created by hand or with SOPS, never rendered. Needed for webhook, slack, heartbeat, and mail with a user.',
      ),
  })
  .superRefine(({ receivers, secret }, context) => {
    const keys = receivers.flatMap((each) => receiverKey(each) ?? []);
    if (secret !== undefined || keys.length === 0) return;
    context.addIssue({
      code: 'custom',
      path: ['receivers'],
      message: `${keys.join(' and ')} must not be in this file, and no Secret is named for them`,
      params: {
        fix: 'write secret: alert-receivers beside receivers, and create that Secret in the namespace alertmanager',
      },
      input: receivers,
    });
  });

export type AlertReceivers = z.infer<typeof alertReceivers>;
export type AlertReceiver = AlertReceivers['receivers'][number];

/** The key of the Secret that a receiver reads; undefined for mail without a login. */
export function receiverKey(receiver: AlertReceiver): string | undefined {
  return receiver.kind === 'mail' && receiver.user === undefined ? undefined : receiverKeys[receiver.kind];
}
