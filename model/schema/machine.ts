import { z } from 'zod';

/** A machine that becomes a node, as the stacks tell of it and Ansible takes it. */
export const machineSchema = z.object({
  /** Of the node. */
  name: z.string(),
  role: z.enum(['control-plane', 'worker']),
  /** Where SSH reaches it from here. */
  address: z.string(),
  /** Where the other nodes reach it. */
  privateAddress: z.string(),
});

export type Machine = z.infer<typeof machineSchema>;
