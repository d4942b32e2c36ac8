export { copyImage } from './copy.ts';
export { digestOf } from './digest.ts';
export { folderEntries } from './folder-entries.ts';
export { ImageStore, type StoredImage } from './image-store.ts';
export { layerType } from './layer.ts';
export {
  imageManifestSchema,
  indexSchema,
  manifestTypes,
  platformName,
  platformSchema,
} from './media-types.ts';
export { packFiles } from './pack-files.ts';
export { ownHost, parseReference } from './reference.ts';
export {
  headBlob,
  headManifest,
  putBlob,
  putManifest,
  RegistryError,
  type RegistryRepository,
} from './registry-client.ts';
export { archiveTime, type TarEntry, tar, withParents } from './tar.ts';
export { waitForRegistry } from './wait-for-registry.ts';
