import type { Engine } from './engine.ts';

/**
 * Options of `run` with which a container without capabilities can read a mounted folder of the current user, with any umask,
 * and files that it writes there belong to that user. A rootless engine maps the container's root to that user by itself; so do
 * the shared file systems of virtual machines.
 */
export function containerUser(
  { info }: Pick<Engine, 'info'>,
  user: { uid: number; gid: number } | undefined = thisUser(),
): string[] {
  if (info.rootless || info.machine !== undefined || user === undefined || user.uid === 0) return [];
  return ['--user', `${user.uid}:${user.gid}`];
}

function thisUser(): { uid: number; gid: number } | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
