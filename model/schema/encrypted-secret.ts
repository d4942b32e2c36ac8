import { z } from 'zod';
import { dnsLabel } from './kubernetes-names.ts';

/*
 * A Secret that SOPS encrypted with age: getsops/sops, stores/stores.go (Metadata) and aes/cipher.go. Flux decrypts it
 * (fluxcd/kustomize-controller, internal/decryptor).
 */

const recipientFormat = /^age1[02-9ac-hj-np-z]{58}$/;

/** The public half of an age key (age-encryption.org/v1, 'The X25519 recipient type'). */
export const ageRecipient = z
  .string()
  .superRefine((text, context) => {
    if (!text.startsWith('AGE-SECRET-KEY-')) return;
    context.addIssue({
      code: 'custom',
      message: 'everyone who has it can read the secrets, and it would be in Git; treat it as leaked',
      params: {
        secret: true,
        what: 'is a private key',
        fix: 'create a new key with npm run secrets -- new-key, and write its public half, age1…',
      },
      input: text,
    });
  })
  .refine((text) => text.startsWith('AGE-SECRET-KEY-') || recipientFormat.test(text), {
    error: "the public half of an age key: 'age1' and 58 lower-case letters and digits",
  })
  .meta({ pattern: recipientFormat.source });

/** IsConfigMapKey of k8s.io/apimachinery, pkg/util/validation: a key of a Secret. */
export const secretKey = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(/^(?!\.\.?$)(?!\.\.)[-._a-zA-Z0-9]+$/, "a key of letters, digits, '-', '_' and '.'")
  // The MAC depends on the order of keys, and JavaScript moves numeric keys of an object to the front.
  .regex(/^(?!\d+$)/, 'a key that is more than a number');

/** The part of a Secret that SOPS encrypts: its values. Name and keys stay readable for reviews. */
export const encryptedRegex = '^(data|stringData)$';

const cipherText =
  /^ENC\[AES256_GCM,data:[A-Za-z0-9+/]+=*,iv:[A-Za-z0-9+/]+=*,tag:[A-Za-z0-9+/]+=*,type:str\]$/;

const encrypted = z.string().superRefine((text, context) => {
  if (cipherText.test(text)) return;
  context.addIssue({
    code: 'custom',
    message: 'it would be in Git in plain text; treat it as leaked and revoke it',
    params: {
      secret: true,
      what: 'is not encrypted',
      fix: 'remove the line, then type: npm run secrets -- set APP KEY --env ENV',
    },
    input: text,
  });
});

/** `apps/APP/secrets/ENV/NAME.yaml`: the Secret that Flux decrypts. Its rendered copy differs only in labels. */
export const encryptedSecretSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: z.strictObject({ name: dnsLabel, namespace: dnsLabel }),
  /** Base64 values, encrypted. The MAC depends on the order of the keys. */
  data: z.record(secretKey, encrypted),
  sops: z.strictObject({
    /** The data key of the values, encrypted for each recipient. */
    age: z.array(z.strictObject({ recipient: ageRecipient, enc: z.string() })).min(1),
    lastmodified: z.string(),
    mac: encrypted,
    encrypted_regex: z.literal(encryptedRegex),
    /** Required: otherwise the labels of the rendered copy would break the MAC. */
    mac_only_encrypted: z.literal(true),
    version: z.string(),
  }),
});

export type EncryptedSecret = z.infer<typeof encryptedSecretSchema>;

/** Name of the Kubernetes Secret. Its suffix differs from that of every certificate's Secret. */
export function secretObjectName(secret: string): string {
  return `${secret}-secret`;
}

/** Path of an app's secret, from the repository's root. */
export function secretFile(app: string, environment: string, secret: string): string {
  return `apps/${app}/secrets/${environment}/${secret}.yaml`;
}
