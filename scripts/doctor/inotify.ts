import { type CheckResult, ok, warn } from './check-result.ts';
import { type Host, setKernelParameter } from './host.ts';

/** Kind's known issues, 'Pod errors due to too many open files'. */
const wanted = { max_user_watches: 524_288, max_user_instances: 512 } as const;

/** The limits of /proc/sys/fs/inotify; `undefined` if they cannot be read. */
export type InotifyInput = { [Limit in keyof typeof wanted]: number | undefined };

/** Whether kubelet and many pods can watch their files. */
export function inotify(input: InotifyInput, host: Host): CheckResult {
  const low = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (limit) => (input[limit] ?? Number.POSITIVE_INFINITY) < wanted[limit],
  );
  if (low.length === 0) return ok('enough');
  return warn(
    `${low.map((limit) => `${limit} is ${input[limit]}`).join(', ')}: with many pods some fail with 'too many open files'`,
    low.map((limit) => setKernelParameter(host, `fs.inotify.${limit}=${wanted[limit]}`)).join('\n'),
  );
}
