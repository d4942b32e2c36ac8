import { getAmiOutput } from '@pulumi/aws/ec2/getAmi.js';
import type { Output, Resource } from '@pulumi/pulumi/index.js';

/** Canonical's account: nobody else's image of the same name is taken. */
const canonical = '099720109477';

/**
 * Ubuntu 24.04 LTS, which brings the session manager's agent, by the name of one build: a new build replaces nodes, so
 * that it comes by an edit of this line and by nothing else.
 */
export const machineImage = 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251212';

/** The image's id in the region. */
export function machineImageId(parent: Resource): Output<string> {
  return getAmiOutput(
    { owners: [canonical], filters: [{ name: 'name', values: [machineImage] }] },
    { parent },
  ).id;
}
