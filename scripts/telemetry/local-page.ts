import { escaped } from '../../apps/home/src/html.ts';

/** Headers of a page for the local browser: no other origins, nothing inline. `policy`: what it may do beside showing its styles. */
export function pageHeaders(policy: string): Record<string, string> {
  return {
    'content-security-policy': `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; ${policy}`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}

/** A page with a heading. `style`: path of its style sheet; `body`: HTML. */
export function pageHtml(title: string, style: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="${style}"></head><body><main><h1>${escaped(title)}</h1>
${body}</main></body></html>`;
}
