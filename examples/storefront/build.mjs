import { mkdirSync, writeFileSync } from 'node:fs';

// Stands for `next build` or `vite build`: it makes the pages once, while the image is built.
const title = process.env.TITLE ?? '';
mkdirSync('out', { recursive: true });
writeFileSync('out/index.html', `<!doctype html><title>${title}</title><h1>${title}</h1>\n`);
