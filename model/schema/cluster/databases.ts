import { z } from 'zod';
import { faultOfSchedule } from '../cron.ts';
import { dnsLabel } from '../kubernetes-names.ts';
import { bytes, cores } from '../resources.ts';
import { webAddress } from '../web-address.ts';

const backups = z.strictObject({
  destination: z
    .string()
    // Amazon S3, 'Bucket naming rules': 3 to 63 characters, no two dots in a row, no IP address.
    .regex(
      /^s3:\/\/(?!\d+(\.\d+){3}(\/|$))(?=[^/]{3,63}(\/|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/,
      "an address such as 's3://bucket/folder', with a bucket of 3 to 63 small letters, digits, '-' and '.'",
    )
    .describe('`s3://BUCKET/FOLDER`; each database has its own folder below it.'),
  endpoint: webAddress({ example: 'https://s3.example.org' })
    .optional()
    .describe('Address of an S3-compatible store. Default: Amazon S3.'),
  authority: dnsLabel
    .optional()
    .describe(
      'Secret in the namespace of each database, with the CA certificate of the endpoint as ca.crt. Default: public authorities.',
    ),
  credentials: z
    .union([
      z.literal('machine'),
      z.strictObject({ secret: dnsLabel.describe('Name of the Secret in the namespace of each database.') }),
    ])
    .describe(
      "`machine`: the AWS role of the database's service account if the stacks create one, else the role of the node. Or a Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY; created by hand or with SOPS, never rendered.",
    ),
  schedule: z
    .string()
    .regex(/^\S+( \S+){5}$/, "six fields, seconds first, such as '0 0 2 * * *'")
    .superRefine((text, context) => {
      const fault = faultOfSchedule(text);
      if (fault !== undefined)
        context.addIssue({
          code: 'custom',
          message: fault,
          params: { fix: "write six fields, seconds first, such as '0 0 2 * * *'" },
          input: text,
        });
    })
    .default('0 0 2 * * *')
    .describe("Cron expression of full backups, seconds first (CloudNativePG, 'Scheduled backups')."),
  keep: z
    .string()
    .regex(/^[1-9]\d*[dwm]$/, "days, weeks or months such as '30d'")
    .default('30d')
    .describe('Period for which a database can be restored to any point in time.'),
});

/** Instances, reservations and backups of all databases. */
export const databases = z.strictObject({
  instances: z
    .number()
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Instances of each database: 1, or 3 to tolerate a failure during a replacement.'),
  resources: z
    .strictObject({
      cpu: cores.default('50m').describe('Cores.'),
      memory: bytes.default('256Mi').describe('Bytes; also the limit.'),
    })
    .prefault({})
    .describe('Reservation of each instance.'),
  backups: backups.optional().describe('Backups and write-ahead logs of the databases. Default: no backups.'),
});
