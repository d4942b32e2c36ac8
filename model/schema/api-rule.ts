import { z } from 'zod';

/*
 * Parts of a rule of RBAC (Kubernetes, 'Using RBAC Authorization'). The API server accepts any text there; one that names nothing
 * grants nothing.
 */

/** Group of an API, without its version; `''` is the core group. */
export const apiGroup = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(
    /^(\*|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/,
    "a group without its version such as 'apps', or '' for the core group",
  );

/** Resource in the plural, also with a subresource. */
export const apiResource = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(
    /^(\*|[a-z0-9][a-z0-9-]*)(\/(\*|[a-z0-9][a-z0-9-]*))?$/,
    "a resource in the plural and in small letters such as 'pods' or 'pods/log'",
  );
