/** A file as Git stores it, or would: its content with the line ends that go into the repository. */
export interface StoredFile {
  /** With `/` on every system. */
  path: string;
  mode: StoredMode;
  /** Target of a symbolic link. */
  content: Buffer;
}

/** A file, a program, a symbolic link: the modes that Git knows. */
export type StoredMode = '100644' | '100755' | '120000';
