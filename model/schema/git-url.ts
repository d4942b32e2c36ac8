import { z } from 'zod';

/*
 * Git addresses that Flux accepts: fluxcd/source-controller, api/v1 (GitRepositorySpec.URL) and fluxcd/pkg, git
 * (options.go), which parse them with Go's net/url and require a key for SSH.
 */

/** The fault of an address with its fix; undefined if Flux can use it. */
export function faultOfGitUrl(text: string): { why: string; fix: string; secret?: boolean } | undefined {
  const example = 'https://git.example.org/team/platform.git';
  const [, scheme, authority = '', rest = ''] = /^(https|ssh):\/\/([^/?#]*)(\S*)$/.exec(text) ?? [];
  if (scheme === undefined) return { why: 'expected an https:// or ssh:// address', fix: `write ${example}` };
  const at = authority.lastIndexOf('@');
  const [user, host] = at === -1 ? [undefined, authority] : [authority.slice(0, at), authority.slice(at + 1)];
  const clean = `${scheme}://${scheme === 'ssh' ? 'git@' : ''}${host}${/^[^?#]*/.exec(rest)?.[0]}`;
  if (user !== undefined && (scheme === 'https' || user.includes(':'))) {
    return {
      why: 'the part before the @ is a secret or can contain one, and would be in Git and in the cluster',
      fix: `write ${clean}, and name a Secret under source.secret`,
      secret: true,
    };
  }
  const [, name, path] = /^([\w.-]+):(?!\d+$)(.*)$/.exec(host) ?? [];
  if (name !== undefined) {
    return {
      why: 'the part after the colon of an address is a port',
      fix:
        path === ''
          ? `remove the colon: ${scheme}://${user === undefined ? '' : `${user}@`}${name}${rest}`
          : `write ssh://${user ?? 'git'}@${name}/${path}${rest}, with a slash before the path`,
    };
  }
  // Go refuses spellings that a browser would correct.
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9]([\w.-]*\w)?)(:\d{1,5})?$/i.test(host) || !URL.canParse(text))
    return { why: `'${host}' is not a valid host or port`, fix: `write an address such as ${example}` };
  if (user !== undefined && !/^[\w.~-]+$/.test(user))
    return { why: `'${user}' is not a valid user name`, fix: `write ${clean}` };
  if (/[?#]/.test(rest)) {
    return {
      why: 'the path of a repository cannot contain ? or #',
      fix: `write ${clean}`,
      secret: true,
    };
  }
  if (!/^\/+[^/]/.test(rest) || /%(?![0-9a-f]{2})/i.test(rest))
    return {
      why: 'the path of the repository is missing or invalid',
      fix: `write an address such as ${example}`,
    };
  return undefined;
}

/** Address of a repository: it is rendered into manifests unchanged, so it must not have a secret. */
export const gitUrl = z
  .string()
  .superRefine((text, context) => {
    const fault = faultOfGitUrl(text);
    if (fault === undefined) return;
    const { why, ...params } = fault;
    context.addIssue({ code: 'custom', message: why, params, input: text });
  })
  .meta({ pattern: '^(https|ssh)://', patternErrorMessage: 'expected an https:// or ssh:// address' });
