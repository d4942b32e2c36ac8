import { z } from 'zod';
import { dnsLabel } from '../kubernetes-names.ts';

/** People with a client certificate, by name. */
export const people = z.record(
  dnsLabel.max(57, "at most 57 characters, because a certificate has room for 64 and contains 'person:NAME'"),
  z.strictObject({
    uses: z
      .array(dnsLabel)
      .min(1)
      .describe('Apps that the person may call; each has a port with mutual TLS.'),
  }),
);
