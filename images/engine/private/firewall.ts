import { execa } from 'execa';

/** State of the firewall before a private engine was started. */
export interface FirewallBefore {
  /** Whether Docker's chains existed already: then another engine owns them. */
  chains: boolean;
  /** Policy of the chain FORWARD of the table filter. */
  forward: string;
}

const ownChain = /^DOCKER(-|$)/;

/** Reads the state that a private engine will change. */
export async function readFirewall(): Promise<FirewallBefore> {
  const rules = await save();
  return {
    chains: /^:DOCKER /m.test(rules),
    forward: /^:FORWARD (\w+)/m.exec(rules.slice(rules.indexOf('*filter')))?.[1] ?? 'ACCEPT',
  };
}

/**
 * Removes a private engine's rules: rules with one of its own words (a bridge, an address) and, unless another engine
 * created them before, Docker's chains with every jump to them. Other rules stay.
 */
export async function cleanFirewall(before: FirewallBefore, isOwn: (word: string) => boolean): Promise<void> {
  const script = removal(await save(), before, isOwn);
  if (script !== '') await execa('iptables-restore', ['--noflush'], { input: script });
}

/** The input of `iptables-restore --noflush` that removes an engine's rules from a saved rule set. */
export function removal(saved: string, before: FirewallBefore, isOwn: (word: string) => boolean): string {
  const tables = saved.split(/^(?=\*)/m).flatMap((table) => {
    const lines = table.split('\n');
    const name = lines[0];
    if (name === undefined || !name.startsWith('*')) return [];
    const chains = before.chains
      ? []
      : lines.flatMap((line) => {
          const chain = /^:(\S+) /.exec(line)?.[1];
          return chain !== undefined && ownChain.test(chain) ? [chain] : [];
        });
    const rules = lines.filter((line) => {
      const chain = /^-A (\S+) /.exec(line)?.[1];
      if (chain === undefined || chains.includes(chain)) return false;
      const words = line.split(' ');
      return words.some((word) => chains.includes(word) || isOwn(word));
    });
    const policy =
      name === '*filter' && !before.chains && chains.length > 0 ? [`:FORWARD ${before.forward} [0:0]`] : [];
    const commands = [
      ...policy,
      ...rules.map((rule) => rule.replace(/^-A/, '-D')),
      ...chains.map((chain) => `-F ${chain}`),
      ...chains.map((chain) => `-X ${chain}`),
    ];
    return commands.length === 0 ? [] : [`${name}\n${commands.join('\n')}\nCOMMIT\n`];
  });
  return tables.join('');
}

async function save(): Promise<string> {
  const { stdout } = await execa('iptables-save', []);
  return stdout;
}
