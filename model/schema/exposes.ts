import { z } from 'zod';
import { cors } from './cors.ts';
import { headerName } from './header-name.ts';
import { dnsLabel, dnsName, portName } from './kubernetes-names.ts';
import { limits } from './limits.ts';
import { tcpPort } from './tcp-port.ts';

/** URL path that the Gateway API accepts (HTTPPathMatch: no '//', '/./', '/../', '#'); encoded characters are refused here too. */
const path = z
  .string()
  .max(1024, 'at most 1024 characters')
  .regex(
    /^\/$|^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+\/?$/,
    "a path such as '/api': from '/', without '.', '..', '//' and encoded characters",
  );

/** Target of a redirect: a path at the same host, or an https:// address. */
const target = z
  .string()
  .max(1024, 'at most 1024 characters')
  .regex(
    /^(?!$)(https:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?)?(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*\/?$/,
    "a path such as '/new', or an address such as 'https://docs.example.org/new', without '.', '..' and '//'",
  )
  .refine(
    (text) => {
      const [, host, port = '443'] = /^https:\/\/([^/:]*)(?::(\d+))?/.exec(text) ?? [];
      return (
        host === undefined || (dnsName.safeParse(host).success && tcpPort.safeParse(Number(port)).success)
      );
    },
    {
      error:
        'the Gateway API takes the name of a host, and a port from 1 to 65535 (HTTPRequestRedirectFilter)',
      params: { fix: "write an address such as 'https://docs.example.org/new'" },
    },
  );

/** Map from the name of a header to its value, which replaces an existing one. */
const headers = z.record(
  headerName,
  z
    .string()
    .min(1, 'a value')
    .max(4096, 'at most 4096 characters')
    .regex(/^[\x20-\x7e]+$/, 'a value of one line without control characters'),
);

const label = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "one word below the domain such as 'www'; names below other domains belong into cluster.yaml: apps.NAME.hosts",
  );

/** How visitors reach an app through the gateway. */
export const exposes = z.strictObject({
  /** Port of all requests that `paths` does not send elsewhere. */
  port: portName,
  /** First label of the host name below the environment's domain. Default: the app's name. */
  host: dnsLabel.optional(),
  /** Further names below the domain. Names below other domains are in cluster.yaml: apps.NAME.hosts. */
  hosts: z.array(label).default([]),
  /** Map from a path to the port for it and all paths below it; the longest path wins. */
  paths: z.record(path, portName).default({}),
  /** Map from an exact path to the target of its redirect. */
  redirects: z
    .record(
      path,
      z.union([
        target,
        z.strictObject({
          /** Path or address that visitors are sent to. */
          to: target,
          /** `true`: status 301, which browsers keep; `false`: status 302. */
          permanent: z.boolean(),
        }),
      ]),
    )
    .default({}),
  /** Headers that the gateway sets in requests to the app and in its answers. */
  headers: z
    .strictObject({
      /** Headers of requests to the app. */
      request: headers.default({}),
      /** Headers of answers to visitors. */
      response: headers.default({}),
    })
    .prefault({}),
  /** Limits of the gateway for the requests of all visitors together. Default: none. */
  limits: limits.optional(),
  /** Pages of other origins that may call the app from a browser; the gateway answers their preflight requests. Default: none. */
  cors: cors.optional(),
  /** `grpc`: callers speak gRPC alone; the route is a GRPCRoute, without paths and redirects. Default: HTTP and WebSocket. */
  protocol: z.enum(['http', 'grpc']).default('http'),
  /**
   * `true`: only people who are signed in reach the app, through the proxy `sign-in`; the gateway itself cannot reach it.
   * The environment needs `signIn` in cluster.yaml. Default: everyone reaches it.
   */
  signIn: z.boolean().default(false),
});

export type Exposes = z.output<typeof exposes>;

/** Every port of an app that the gateway uses, each once. */
export function exposedPorts({ port, paths }: Exposes): string[] {
  return [...new Set([port, ...Object.values(paths)])];
}
