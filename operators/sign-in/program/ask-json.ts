import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';

/** Maximum size of a response in bytes; a flow with many providers has some tens of kilobytes. */
const mostBytes = 1024 * 1024;

/** A response of a server in the cluster. */
export interface JsonAnswer {
  status: number;
  /** Parsed JSON; undefined if it is not valid. */
  body: unknown;
  /** Values of its Set-Cookie headers. */
  cookies: string[];
  /** The header Link; '' if it is missing. */
  link: string;
}

/** Sends a request to a server in the cluster. Throws after the time-out in milliseconds. */
export function askJson(options: RequestOptions, patience: number, body = ''): Promise<JsonAnswer> {
  const headers = {
    accept: 'application/json',
    'content-length': Buffer.byteLength(body),
    ...options.headers,
  };
  return new Promise((done, fail) => {
    const ask = options.protocol === 'https:' ? requestTls : request;
    const asked = ask({ ...options, headers, signal: AbortSignal.timeout(patience) }, (response) => {
      read(response).then((text) => {
        const cookies = response.headers['set-cookie'] ?? [];
        const { link = '' } = response.headers;
        done({ status: response.statusCode ?? 0, body: parsed(text), cookies, link: [link].flat().join() });
      }, fail);
    });
    asked.once('error', fail);
    asked.end(body);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
