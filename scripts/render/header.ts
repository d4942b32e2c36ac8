/** First line of every rendered file; the render does not change files without it. */
export const header = '# Rendered from ';
