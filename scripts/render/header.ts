/** How every rendered file begins; a file that does not is somebody's own and is left alone. */
export const header = '# Rendered from ';
