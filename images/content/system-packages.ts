import type { ImageFile, ImagePackage } from './image-package.ts';

/**
 * Packages of Debian that are installed: `status` of dpkg, and the folder `status.d` of images without dpkg. Undefined for another file.
 *
 * @see https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export function debianPackages({ path, content }: ImageFile): ImagePackage[] | undefined {
  const isStatus = path === 'var/lib/dpkg/status';
  if (!isStatus && !/^var\/lib\/dpkg\/status\.d\/[^/]+(?<!\.md5sums)$/.test(path)) return undefined;
  return recordsOf(content, /^([\w-]+): +(.*)$/).flatMap((fields) => {
    const status = fields.get('Status');
    if (isStatus && status?.endsWith(' installed') !== true) return [];
    return found('deb', fields.get('Package'), fields.get('Version'), fields.get('Architecture'));
  });
}

/**
 * Packages of Alpine that are installed. Undefined for another file.
 *
 * @see https://wiki.alpinelinux.org/wiki/Apk_spec
 */
export function alpinePackages({ path, content }: ImageFile): ImagePackage[] | undefined {
  if (!/^(usr\/)?lib\/apk\/db\/installed$/.test(path)) return undefined;
  return recordsOf(content, /^([A-Z]):(.*)$/).flatMap((fields) =>
    found('apk', fields.get('P'), fields.get('V'), fields.get('A'), fields.get('L')),
  );
}

/** Paragraphs of a file by field; the first value of each. */
function recordsOf(content: Buffer, line: RegExp): Map<string, string>[] {
  return content
    .toString()
    .split(/\n\n+/)
    .map((paragraph) => {
      const fields = paragraph.split('\n').flatMap((text): [string, string][] => {
        const [, name, value] = line.exec(text) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value.trim()]];
      });
      return new Map(fields.reverse());
    });
}

function found(
  type: ImagePackage['type'],
  name: string | undefined,
  version: string | undefined,
  architecture: string | undefined,
  licence?: string,
): ImagePackage[] {
  if (!name || !version) return [];
  return [{ type, name, version, ...(architecture && { architecture }), ...(licence && { licence }) }];
}
