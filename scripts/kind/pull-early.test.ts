import { expect, it } from 'vitest';
import { imagesByDigest } from './pull-early.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const pod = (...images: string[]) =>
  ['spec:', '  containers:', ...images.map((image) => `    - image: ${image}`)].join('\n');

it('lists each image that manifests name by digest, once and without its tag, in the order of the manifests', () => {
  const manifests = new Map([
    ['manifests/dev/flux/deployment.yaml', pod(`ghcr.io/fluxcd/source-controller:v1.9.5@${digest}`)],
    [
      'manifests/dev/shop/deployment.yaml',
      pod(
        `registry.example.org:5000/shop:1@${digest}`,
        `"ghcr.io/fluxcd/source-controller:v1.9.5@${digest}"`,
      ),
    ],
  ]);
  expect(imagesByDigest(manifests)).toEqual([
    `ghcr.io/fluxcd/source-controller@${digest}`,
    `registry.example.org:5000/shop@${digest}`,
  ]);
});

it('lists the image of a database', () => {
  const manifests = new Map([
    [
      'manifests/dev/orders/cluster.yaml',
      `spec:\n  imageName: ghcr.io/cloudnative-pg/postgresql:15@${digest}`,
    ],
  ]);
  expect(imagesByDigest(manifests)).toEqual([`ghcr.io/cloudnative-pg/postgresql@${digest}`]);
});

it('leaves out an image without a digest, because nothing says that the mirror has it', () => {
  expect(imagesByDigest(new Map([['manifests/dev/shop/job.yaml', pod('ghcr.io/team/shop:1')]]))).toEqual([]);
});
