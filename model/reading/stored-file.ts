/** A file as Git stores it: its content has the line ends of the repository. */
export interface StoredFile {
  /** With `/` on every system. */
  path: string;
  mode: StoredMode;
  /** For a symbolic link, its target. */
  content: Buffer;
}

/** File modes of Git: file, executable, symbolic link. */
export type StoredMode = '100644' | '100755' | '120000';
