import { defineConfig } from 'vite';

/**
 * Origin at which the cluster serves this app, such as https://app.dev.localhost:8443. Vite's own server passes requests of the API on
 * to it: the browser sends the session of that host to every port of it.
 */
const { CLUSTER_ORIGIN: cluster } = process.env;

export default defineConfig({
  build: {
    outDir: 'dist',
    // The policy of nginx allows no data: addresses and no script within the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  ...(cluster === undefined ? {} : { server: clusterServer(cluster) }),
});

function clusterServer(origin: string) {
  const passed = {
    target: origin,
    changeOrigin: true,
    // The certificate of a cluster on this machine is of its own authority.
    secure: false,
    headers: { origin },
  };
  return {
    host: new URL(origin).hostname,
    port: 5173,
    strictPort: true,
    proxy: { '/api': passed, '/.sign-in': passed },
  };
}
