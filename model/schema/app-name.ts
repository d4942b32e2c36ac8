import { serviceName } from './kubernetes-names.ts';

/** Name of an app and of its Service. Other names are made from it; the longest is that of its migrations Job. */
export const appName = serviceName.max(40, 'at most 40 characters, because other names contain it');
