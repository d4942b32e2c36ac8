import { z } from 'zod';
import { cores, memoryLimit } from './resources.ts';
import { reason } from './sentence.ts';

/** Maximum bytes of one argument with its terminating zero in Linux (execve(2), MAX_ARG_STRLEN). */
const longestArgument = 128 * 1024;

const argument = z.string().refine((text) => Buffer.byteLength(text) < longestArgument, {
  error: `at most ${longestArgument - 1} bytes, because Linux starts no process with a longer argument`,
  params: { fix: 'put it into a file: files' },
});

/** Arguments of a command line, one per entry: no shell parses them. */
const argumentsOf = z.array(argument).min(1);

/** A program and its arguments, one per entry: no shell parses them. The first is not empty. */
export const command = argumentsOf.refine(([program]) => program !== '', {
  error: 'the name or the path of a program must come first',
  params: { fix: "write the program first, such as ['node', 'server.js']" },
});

/** A numeric user (Kubernetes, ValidateUserID: int32 from 0). 0 is root and needs the exception `non-root`. */
const user = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** Capabilities that the Pod Security level 'baseline' allows (Kubernetes, 'Pod Security Standards'). */
export const capability = z.enum([
  ...(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'] as const),
  ...(['NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'] as const),
]);

/** Fields of a process, in an app, a step, a sidecar and a job. */
export const processFields = {
  /** Program and its arguments; no shell reads them. Default: ENTRYPOINT of the image. */
  command: command.optional(),
  /** Arguments; no shell reads them. Default: CMD of the image, or none where `command` is written. */
  args: argumentsOf.optional(),
  /** Numeric user of the process; 0 is root and needs the exception `non-root`. Default: 65532; in a step, sidecar or job that of the app. */
  user: user.optional(),
  /** `false`: the process may write to the file system of its image; needs the exception `read-only-root`. Default: true. */
  readOnlyRoot: z.boolean().optional(),
  /** Linux capabilities of the process; need the exception `capabilities`. Default: none. */
  capabilities: z.array(capability).min(1).optional(),
};

/** Reservation of a container. */
export const resources = z.strictObject({
  /** Cores; not a limit. */
  cpu: cores,
  /** Bytes; also the limit, of at least 6Mi. */
  memory: memoryLimit,
  /** Reason for the reservation; needed above a quarter of a core or a quarter of a GiB. */
  reason: reason.optional(),
});
