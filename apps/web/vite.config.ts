import { lookup } from 'node:dns';
import { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { defineConfig } from 'vite';

/**
 * Origin at which the cluster serves this app, such as https://app.dev.localhost:8443. Vite's own server passes requests of the API on
 * to it: the browser sends the session of that host to every port of it.
 */
const { CLUSTER_ORIGIN: cluster } = process.env;

const loopback: LookupFunction = (_host, options, done) => lookup('127.0.0.1', options, done);

export default defineConfig({
  build: {
    outDir: 'dist',
    // The policy of nginx allows no data: addresses and no script within the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  ...(cluster === undefined
    ? {}
    : {
        server: clusterServer(new URL(cluster)),
        // Links to the sign-in lead to the cluster (src/cluster-origin.ts).
        define: { 'import.meta.env.VITE_CLUSTER_ORIGIN': JSON.stringify(cluster) },
      }),
});

function clusterServer({ origin, hostname }: URL) {
  const isHere = hostname.endsWith('.localhost');
  const passed = {
    target: origin,
    changeOrigin: true,
    headers: { origin },
    // A cluster on this machine has an authority of its own, and its names are known to browsers alone.
    secure: !isHere,
    ...(isHere ? { agent: new Agent({ lookup: loopback, rejectUnauthorized: false }) } : {}),
  };
  return { allowedHosts: [hostname], proxy: { '/api': passed, '/.sign-in': passed } };
}
