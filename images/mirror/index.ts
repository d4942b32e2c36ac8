export { manifestIn, verifyMirrored } from './ensure-image.ts';
export { mirrorFolder, storedImage } from './folder.ts';
export {
  ensureMirror,
  hostsFile,
  hostsToml,
  mirrorAddress,
  mirroredHosts,
  mirrorName,
  mirrorPort,
  networkName,
  type RegistryHost,
  removeMirror,
} from './server.ts';
