import ignore from 'ignore';

/** Files of desktops and editors, also if Git does not ignore them. */
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

/** Whether a path from the root is a file that belongs into no image, description or commit. */
export function isJunk(path: string): boolean {
  return matcher.ignores(path);
}
