import { getCACertificates, setDefaultCACertificates } from 'node:tls';

let trusted = false;

/**
 * `fetch` for what is not on this machine. It trusts whom the machine trusts, as Go, Git and the engine do: behind a proxy
 * with an authority of its own a server would otherwise answer them and not this program.
 */
export function fetchOutside(...what: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  if (!trusted) setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system')]);
  trusted = true;
  return fetch(...what);
}
