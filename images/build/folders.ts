import { fileURLToPath } from 'node:url';

/** Folder with the further files of images, one folder per image. */
export const filesFolder = fileURLToPath(new URL('../files', import.meta.url));

/** The npm packages of this repository. */
export const npmFolder = fileURLToPath(new URL('../../node_modules', import.meta.url));
