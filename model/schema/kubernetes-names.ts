import { z } from 'zod';

/*
 * Names that the API server accepts: k8s.io/apimachinery, pkg/util/validation (validation.go); each comment has the
 * function's name.
 */

/** IsDNS1123Label: name of a namespace, a container, a volume or a port of a Service. */
export const dnsLabel = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "a name of a-z, 0-9 and '-' with a letter or digit at both ends");

/** IsDNS1035Label: name of a Service. */
export const serviceName = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(
    /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
    "a name of a-z, 0-9 and '-' that starts with a letter and ends with a letter or digit",
  );

/**
 * IsDNS1123Subdomain, with IsDNS1123Label for each label, because DNS allows no longer label. The last label must not be a
 * number: URLs read such a host as an IPv4 address (WHATWG, 'URL', ends in a number checker).
 */
export const dnsName = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'a DNS name such as dev.example.org',
  )
  .refine(
    (name) => name.split('.').every(({ length }) => length <= 63),
    'at most 63 characters between two dots',
  )
  .refine(
    (name) => !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(name),
    'a DNS name cannot end with a number: programs treat it as an IP address',
  );

/** Name of an app's volume; the names of claims contain it and the app's name. */
export const volumeName = dnsLabel.max(20, 'at most 20 characters, because other names contain it');

/** IsValidPortName: name of a container port. */
export const portName = z
  .string()
  .max(15, 'at most 15 characters')
  .regex(
    /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "a port name (RFC 6335) of a-z, 0-9 and single dashes with a letter in it, such as 'http'",
  );

/** Go's int32, the type of most integers in the API. */
export const largestInt32 = 2 ** 31 - 1;
