import { z } from 'zod';
import { bytes, cores, reason } from './cluster.ts';

/** Bytes of one argument with the zero after it that Linux takes (execve(2), MAX_ARG_STRLEN). */
const longestArgument = 128 * 1024;

const argument = z.string().refine((text) => Buffer.byteLength(text) < longestArgument, {
  error: `at most ${longestArgument - 1} bytes, since Linux starts no process with a longer argument`,
  params: { fix: 'put it into a file: files' },
});

/** Words of a command line, one each: no shell reads them. */
const argumentsOf = z.array(argument).min(1);

/** A program and its arguments, one each: no shell reads them. The first one is not empty. */
export const command = argumentsOf.refine(([program]) => program !== '', {
  error: 'the name or the path of a program comes first',
  params: { fix: "write the program first, such as ['node', 'server.js']" },
});

/** A numeric user (Kubernetes, ValidateUserID: int32 from 0). 0 is root, and wants the exception `non-root`. */
const user = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** What Pod Security lets a pod of level 'baseline' add (Kubernetes, 'Pod Security Standards'). */
const capability = z.enum([
  ...(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'] as const),
  ...(['NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'] as const),
]);

/** How a container's process is started, in an app, in an `init` step and in a sidecar. */
export const processFields = {
  /** In place of the image's ENTRYPOINT. Default: that. */
  command: command.optional(),
  /** In place of the image's CMD. Default: that, or none where `command` is written. */
  args: argumentsOf.optional(),
  /** The numeric user of the process. Default: 65532, or the app's own. */
  user: user.optional(),
  /** `false`: the process may write to the file system of its image; wants the exception `read-only-root`. */
  readOnlyRoot: z.boolean().optional(),
  /** Parts of root's power that the process keeps; want the exception `capabilities`. Default: none. */
  capabilities: z.array(capability).min(1).optional(),
};

/** What a container reserves. */
export const resources = z.strictObject({
  cpu: cores,
  /** Also the limit. */
  memory: bytes,
  /** Why it needs that much: written where it is more than a quarter of a core or of a GiB. */
  reason: reason.optional(),
});
