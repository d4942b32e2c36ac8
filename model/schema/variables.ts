import { z } from 'zod';

/** Variable names that every shell and libc accepts (POSIX, 'Environment Variable Definition'). */
export const variableName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'a name of A-Z, 0-9 and _ that starts with no digit');

/** Maximum bytes of one `NAME=value` with its terminating zero in Linux (execve(2), MAX_ARG_STRLEN). */
const longestVariable = 128 * 1024;
/** Maximum bytes of all variables: the API server refuses a larger object (etcd, --max-request-bytes). */
const allVariables = 1024 * 1024;

/** Variables of a process, by name. */
export const variables = z.record(variableName, z.string()).superRefine((env, context) => {
  const sizes = Object.entries(env).map(
    ([name, value]) => [name, Buffer.byteLength(`${name}=${value}`) + 1] as const,
  );
  for (const [name, size] of sizes) {
    if (size <= longestVariable) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `with its name it has ${size} bytes, and Linux starts no process with a variable of more than ${longestVariable} bytes`,
      params: { fix: 'put the content into a file of the image' },
      input: env[name],
    });
  }
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (all <= allVariables) return;
  context.addIssue({
    code: 'custom',
    message: `together they have ${all} bytes, and the API server accepts no object of more than ${allVariables} bytes`,
    params: { fix: 'put long values into a file of the image' },
    input: env,
  });
});
