import { z } from 'zod';

/** The rules for rendered objects, which charts/checks/check.ts enforces. Names are stable, because exceptions refer to them. */
export const rules = [
  // Pods
  'non-root',
  'read-only-root',
  'privilege-escalation',
  'capabilities',
  'low-port',
  'seccomp',
  'host-access',
  'resources',
  'resources-reason',
  'readiness-probe',
  // More than one replica
  'disruption-budget',
  'spread',
  // Namespaces and networks
  'pod-security',
  'default-deny-ingress',
  'default-deny-egress',
  'open-ingress',
  'open-egress',
  'one-sided-flow',
  'undeclared-flow',
  // Accounts and rights
  'service-account',
  'token-mount',
  'unused-rights',
  'rbac-wildcard',
  'rbac-secrets',
  'rbac-escalation',
  // Certificates
  'ca-key-mount',
  'leaf-trust',
  'certificate-reload',
  'cn-is-no-role',
  // Git
  'secret-in-git',
] as const;

export type Rule = (typeof rules)[number];

/** A rule that does not apply here, with the reason. `npm run explain` shows it. */
export const exceptionSchema = z.strictObject({
  /** Name of the rule. */
  rule: z.enum(rules),
  /** Reason, one sentence. */
  reason: z.string().trim().min(10, 'a sentence with the reason'),
  /** Key of cluster.yaml, such as `gateway.tls.acme`; the rule is broken only where it is set. Default: in every environment. */
  only: z
    .string()
    .regex(/^[a-zA-Z]+(\.[a-zA-Z]+)*$/, "a key of cluster.yaml such as 'gateway.tls.acme'")
    .optional(),
});

export type Exception = z.infer<typeof exceptionSchema>;
