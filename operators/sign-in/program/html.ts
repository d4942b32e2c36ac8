/** Escapes text for HTML, also in attributes with double quotes. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** `accounts`: a page of accounts, with style sheet and scripts. `plain`: a page at the host of an app, without them. */
export type PageKind = 'accounts' | 'plain';

/** A complete HTML page; `content` is HTML. */
export function page(title: string, content: string, kind: PageKind = 'accounts'): string {
  const own =
    kind === 'plain'
      ? ''
      : '\n<link rel="icon" href="data:,">\n<link rel="stylesheet" href="/style.css">\n<script src="/passkeys.js" defer></script>\n<script src="/keep-fragment.js" defer></script>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>${own}
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${content}
</main>
</body>
</html>
`;
}
