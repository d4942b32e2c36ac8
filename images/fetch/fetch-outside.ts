import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { endProxyConnections } from './proxy.ts';

let trusted = false;

/**
 * `fetch` for what is not on this machine. It trusts whom the machine trusts, as Go, Git and the engine do: behind a proxy
 * with an authority of its own a server would otherwise answer them and not this program.
 */
export async function fetchOutside(...what: Parameters<typeof fetch>): Promise<Response> {
  if (!trusted) setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')]);
  trusted = true;
  try {
    return await fetch(...what);
  } catch (error) {
    if (what[1]?.signal?.aborted === true) await endProxyConnections();
    throw error;
  }
}
