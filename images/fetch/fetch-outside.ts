import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { endProxyConnections } from './proxy.ts';

let trusted = false;

/**
 * `fetch` for addresses outside this machine. It trusts the system's CAs, as Go, Git and the engine do: otherwise requests through a
 * proxy with its own CA would work for them and fail here.
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
