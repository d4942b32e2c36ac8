export { freePort } from '../scripts/cluster/free-port.ts';
