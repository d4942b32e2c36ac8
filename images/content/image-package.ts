/** A package in an image. */
export interface ImagePackage {
  /** Type of its package URL (purl-spec): `deb` of Debian, `apk` of Alpine, `golang` for a module in a Go program. */
  type: 'apk' | 'deb' | 'generic' | 'golang' | 'npm' | 'pypi';
  name: string;
  version: string;
  /** Of a package for one kind of processor, in the words of its system. */
  architecture?: string;
  /** As its makers wrote it; absent where the image does not say. */
  licence?: string;
}

/** A file of an image, with its path from the root without a leading slash. */
export interface ImageFile {
  path: string;
  content: Buffer;
}
