import { z } from 'zod';

/** A machine that becomes a node: an output of the stacks and an input of Ansible. */
export const machineSchema = z.object({
  /** Name of the node. */
  name: z.string(),
  role: z.enum(['control-plane', 'worker']),
  /** Address for SSH from this machine. */
  address: z.string(),
  /** Address for the other nodes. */
  privateAddress: z.string(),
});

export type Machine = z.infer<typeof machineSchema>;
