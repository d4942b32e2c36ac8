import { z } from 'zod';

/** Number of a TCP or UDP port. */
export const tcpPort = z.number().int().min(1).max(65535);
