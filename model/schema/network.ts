import { BlockList } from 'node:net';
import { z } from 'zod';

const byte = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const form = new RegExp(`^${byte}(\\.${byte}){3}/(3[0-2]|[12]?\\d)$`);

/** The first address of the network of an address, in the same notation. */
function firstOf(network: string): string {
  const [address = '', length = ''] = network.split('/');
  const bits = address.split('.').reduce((sum, each) => sum * 256 + Number(each), 0);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(bits / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`;
}

/** An IPv4 network (apimachinery, IsValidCIDR): leading zeros and bits below the prefix are refused by the API server. */
export const network = z
  .string()
  .superRefine((text, context) => {
    const report = (message: string, fix: string) =>
      context.addIssue({ code: 'custom', message, params: { fix }, input: text });
    if (!form.test(text)) {
      report(
        'it is not an IPv4 network: four numbers from 0 to 255, and the length of the prefix from 0 to 32',
        "write a network such as '10.20.0.0/16', or a single address as '10.20.1.5/32'",
      );
    } else if (firstOf(text) !== text) {
      report(
        `the network of this address begins at ${firstOf(text)}, and the API server accepts no other spelling`,
        `write '${firstOf(text)}', or '${text.split('/')[0]}/32' for the address alone`,
      );
    }
  })
  .meta({ pattern: form.source, patternErrorMessage: "expected a network such as '10.20.0.0/16'" });

/** Where hosts of an organisation are (RFC 1918, RFC 6598); not this machine, and not the metadata service of a cloud. */
const ranges: readonly (readonly [address: string, length: number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];

function isPrivate(text: string): boolean {
  const [address = '', length = ''] = text.split('/');
  return ranges.some(([first, shortest]) => {
    const range = new BlockList();
    range.addSubnet(first, shortest);
    return Number(length) >= shortest && range.check(address);
  });
}

/** A network that is part of a private one. */
export const privateNetwork = network.refine((text) => firstOf(text) !== text || isPrivate(text), {
  error:
    'it is not part of a private network: hosts with public addresses need no line, and no app may call the metadata service',
  params: {
    fix: `write networks in ${ranges.map((range) => range.join('/')).join(', ')}`,
  },
});
