import type { Engine } from './engine.ts';

/**
 * Options of `run` by which a container without capabilities may read a mounted folder of whoever runs this, whatever the
 * umask, and what it writes there belongs to that user. A rootless engine makes the container's root that user by itself, and
 * so do the file systems that virtual machines share.
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
