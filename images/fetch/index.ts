export { fetchOutside } from './fetch-outside.ts';
export { useProxies } from './proxy.ts';
