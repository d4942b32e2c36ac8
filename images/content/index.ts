export { type ImageContent, imageContent } from './image-content.ts';
export type { ImagePackage } from './image-package.ts';
