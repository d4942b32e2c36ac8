import { fileURLToPath } from 'node:url';

/** The folder with the files that images have beside programs and packages, a folder per image. */
export const filesFolder = fileURLToPath(new URL('../files', import.meta.url));

/** The npm packages of this repository. */
export const npmFolder = fileURLToPath(new URL('../../node_modules', import.meta.url));
