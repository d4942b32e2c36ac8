import ignore from 'ignore';

/** Files of desktops and editors, whether Git ignores them or not. */
const patterns = [
  '.DS_Store',
  '._*',
  '.AppleDouble/',
  '.Spotlight-V100/',
  '.Trashes/',
  '.fseventsd/',
  'Thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '.directory',
  '.Trash-*/',
  '.fuse_hidden*',
  '.nfs*',
  '*~',
  '*.sw[a-p]',
  '.#*',
  '\\#*#',
];

const matcher = ignore({ ignorecase: false }).add(patterns);

/** Whether a path from the root names a file that no image, description or commit needs. */
export function isJunk(path: string): boolean {
  return matcher.ignores(path);
}
