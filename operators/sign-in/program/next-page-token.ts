/** The token of the next page (RFC 8288, `rel="next"`; Ory, 'API pagination'); '' on the last one. */
export function nextPageToken(link: string): string {
  const [, query = ''] = /<[^>?]*\?([^>]*)>; rel="next"/.exec(link) ?? [];
  return new URLSearchParams(query).get('page_token') ?? '';
}
