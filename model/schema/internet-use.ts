import { z } from 'zod';
import { dnsName } from './kubernetes-names.ts';

/** Host name and port. */
export interface InternetHost {
  /** In lower case; a leading `*.` stands for one label. */
  name: string;
  port: number;
}

const written = /^(\*\.)?([^:*]+?)(?::(\d{1,5}))?$/;

/** Domains that have a meaning only inside a cluster or a machine. */
const inside = /(^|\.)(local|internal|localhost|svc|arpa)$/;

/** Parses `api.stripe.com`, `*.s3.amazonaws.com` or `smtp.example.org:587`; undefined if the text has no such form. */
export function internetHost(text: string): InternetHost | undefined {
  const [, wildcard = '', name = '', port = '443'] = written.exec(text) ?? [];
  if (!dnsName.safeParse(name).success || !name.includes('.') || inside.test(name)) return undefined;
  if (Number(port) < 1 || Number(port) > 65535) return undefined;
  return { name: wildcard + name, port: Number(port) };
}

/** An edge to hosts outside of the cluster. docs/internet.md. */
export const internetUse = z.strictObject({
  /** Calls hosts outside of the cluster, and no others, through a proxy that checks the host name. */
  kind: z.literal('internet'),
  /** Host names, such as `api.stripe.com`, `*.s3.amazonaws.com` (one label) or `smtp.example.org:587`. The default port is 443. */
  hosts: z
    .array(
      z.string().superRefine((text, context) => {
        if (internetHost(text) !== undefined) return;
        context.addIssue({
          code: 'custom',
          message:
            'hosts outside of the cluster are identified by name, because an address can change its owner',
          params: {
            fix: "write a DNS name in small letters, with a port where it is not 443: 'smtp.example.org:587'",
          },
          input: text,
        });
      }),
    )
    .min(1),
});
