import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';

/** A page or an answer, and where it is. */
export interface Visited {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

const mostRedirects = 15;

/** A server beside the proxy, with a certificate. */
export interface OtherHost {
  /** With its port. */
  host: string;
  roots: string;
}

/**
 * A browser without a script: it keeps cookies for each host, follows redirects and sends forms. The gateway is left out: every
 * host is the proxy at one port of this machine, but for one other.
 */
export class Visitor {
  /** From a host to its cookies. */
  readonly cookies = new Map<string, Map<string, string>>();
  /** Every address that was asked for. */
  readonly way: string[] = [];
  #port: number;
  #other: OtherHost | undefined;

  constructor(port: number, other?: OtherHost) {
    this.#port = port;
    this.#other = other;
  }

  async get(address: string | URL): Promise<Visited> {
    return this.#follow('GET', new URL(address));
  }

  /** Sends the form of a page that has a button with this value; `fields` stand in for what it holds. */
  async send({ url, text }: Visited, button: string, fields: Record<string, string> = {}): Promise<Visited> {
    const form = formsOf(text).find(({ buttons }) => buttons.some(({ value }) => value === button));
    const pressed = form?.buttons.find(({ value }) => value === button);
    if (form === undefined || pressed === undefined)
      throw new Error(`no form with the button '${button}' at ${url}:\n${text}`);
    const unknown = Object.keys(fields).filter((name) => !form.inputs.has(name));
    if (unknown.length > 0) throw new Error(`no field ${unknown.join(', ')} at ${url}:\n${text}`);
    const body = new URLSearchParams({
      ...Object.fromEntries(form.inputs),
      ...fields,
      ...(pressed.name === '' ? {} : { [pressed.name]: pressed.value }),
    });
    return this.#follow('POST', new URL(form.action, url), body.toString());
  }

  /** Asks as a script of the page does: no redirect is followed. */
  ask(address: string): Promise<Visited> {
    return this.#once('GET', new URL(address), { 'sec-fetch-mode': 'cors' });
  }

  async #follow(method: string, url: URL, body?: string): Promise<Visited> {
    let visited = await this.#once(method, url, { 'sec-fetch-mode': 'navigate' }, body);
    for (let i = 0; visited.headers.location !== undefined; i++) {
      if (i >= mostRedirects) throw new Error(`it goes round: ${this.way.slice(-mostRedirects).join('\n')}`);
      visited = await this.#once('GET', new URL(visited.headers.location, visited.url), {
        'sec-fetch-mode': 'navigate',
      });
    }
    return visited;
  }

  #once(method: string, url: URL, more: Record<string, string>, body?: string): Promise<Visited> {
    this.way.push(`${method} ${url}`);
    const jar = this.cookies.get(url.host) ?? new Map<string, string>();
    this.cookies.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      host: url.host,
      accept: 'text/html',
      'x-forwarded-proto': 'https',
      // A private network: the limit by address would count all visitors of a test together.
      'x-forwarded-for': '10.0.0.7',
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : { origin: url.origin, 'content-type': 'application/x-www-form-urlencoded' }),
      ...more,
    };
    return new Promise((done, fail) => {
      const path = `${url.pathname}${url.search}`;
      const shared = { method, path, headers, agent: false } as const;
      const asked =
        url.host === this.#other?.host
          ? requestTls({ ...shared, host: url.hostname, port: url.port, ca: this.#other.roots })
          : request({ ...shared, host: '127.0.0.1', port: this.#port });
      asked.once('response', (response: IncomingMessage) => {
        for (const set of response.headers['set-cookie'] ?? []) keep(jar, set);
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () =>
          done({
            url,
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      asked.once('error', fail);
      asked.end(body);
    });
  }
}

function keep(jar: Map<string, string>, set: string): void {
  const [pair = '', ...attributes] = set.split('; ');
  const equals = pair.indexOf('=');
  const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
  if (/^domain=/i.test(attributes.join('\n'))) throw new Error(`a cookie of more than one host: ${set}`);
  const isGone = attributes.some((attribute) => /^max-age=(0|-\d+)$/i.test(attribute));
  if (isGone || value === '') jar.delete(name);
  else jar.set(name, value);
}

interface Form {
  action: string;
  inputs: Map<string, string>;
  buttons: { name: string; value: string }[];
}

function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, action = '', inner = '']) => ({
      action: plain(action),
      inputs: new Map(tags(inner, 'input').map(({ name, value }) => [name, value])),
      buttons: tags(inner, 'button type="submit"'),
    }),
  );
}

function tags(html: string, start: string): { name: string; value: string }[] {
  return [...html.matchAll(new RegExp(`<${start}([^>]*)>`, 'g'))].map(([, attributes = '']) => ({
    name: plain(/ name="([^"]*)"/.exec(attributes)?.[1] ?? ''),
    value: plain(/ value="([^"]*)"/.exec(attributes)?.[1] ?? ''),
  }));
}

function plain(text: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return text.replaceAll(/&(lt|gt|quot|#39|amp);/g, (whole, name: string) => characters[name] ?? whole);
}
