import { getAmiOutput } from '@pulumi/aws/ec2/getAmi.js';
import type { Output, Resource } from '@pulumi/pulumi/index.js';

/** Canonical's account: images of the same name from other accounts are ignored. */
const canonical = '099720109477';

/**
 * Ubuntu 24.04 LTS, which includes the session manager's agent. The name is that of one build: a new build replaces nodes, so
 * only an edit of this line changes it.
 */
export const machineImage = 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251212';

/** The image's id in the region. */
export function machineImageId(parent: Resource): Output<string> {
  return getAmiOutput(
    { owners: [canonical], filters: [{ name: 'name', values: [machineImage] }] },
    { parent },
  ).id;
}
