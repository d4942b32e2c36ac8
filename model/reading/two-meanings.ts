import { isPair, isScalar, parseDocument, type Scalar, visit } from 'yaml';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { placesOf } from './place.ts';

/*
 * kubectl and Helm read YAML 1.1 (sigs.k8s.io/yaml, goyaml.v2, resolve.go), this repository YAML 1.2. Manifests of others are written
 * for kubectl.
 */

/** What kubectl reads in an unquoted word where YAML 1.2 reads something else; undefined if both read the same. */
function meaningOf(word: string): { kubectl: string; here: string } | undefined {
  if (/^(yes|Yes|YES|on|On|ON)$/.test(word)) return { kubectl: 'true', here: `'${word}'` };
  if (/^(no|No|NO|off|Off|OFF)$/.test(word)) return { kubectl: 'false', here: `'${word}'` };
  const [, sign = '', octal] = /^([-+]?)0([0-7_]*[0-7])$/.exec(word) ?? [];
  if (octal !== undefined) {
    const kubectl = String(Number.parseInt(octal.replaceAll('_', ''), 8));
    const here = octal.includes('_') ? `'${word}'` : String(Number(word));
    return kubectl === here ? undefined : { kubectl: sign === '-' ? `-${kubectl}` : kubectl, here };
  }
  if (/^[-+]?[1-9][0-9]*(_[0-9]+)+$/.test(word))
    return { kubectl: word.replaceAll('_', ''), here: `'${word}'` };
  if (/^[-+]?0b[01]+$/.test(word))
    return { kubectl: String(Number(word.replace(/^[-+]/, ''))), here: `'${word}'` };
  return undefined;
}

/** Unquoted words, and merge keys, that kubectl reads in another way than this repository. */
export function twoMeanings(text: string, file: string): Diagnostic[] {
  const place = placesOf(text);
  const diagnostics: Diagnostic[] = [];
  const report = ({ range }: Scalar, words: Omit<Words, 'code'>) =>
    diagnostics.push({
      file,
      ...place(range?.[0] ?? 0, range?.[1] ?? 0),
      code: 'two-meanings',
      ...words,
    });
  visit(parseDocument(text, { uniqueKeys: false }), {
    Pair: (_, pair) => {
      if (!isPair(pair) || !isScalar(pair.key) || pair.key.value !== '<<' || pair.key.type !== 'PLAIN')
        return;
      report(pair.key, {
        what: "the key '<<' is a merge for kubectl, and an ordinary key in YAML 1.2",
        why: 'the manifests are YAML 1.2, so nothing would be merged',
        fix: 'write the keys in full',
      });
    },
    Scalar: (_, node) => {
      if (node.type !== 'PLAIN' || node.source === undefined) return;
      const meaning = meaningOf(node.source);
      if (meaning === undefined) return;
      report(node, {
        what: `${node.source} is ${meaning.kubectl} for kubectl, and ${meaning.here} in YAML 1.2`,
        why: 'the manifests are YAML 1.2, so the cluster would get another value than from kubectl apply',
        fix: `write ${meaning.kubectl}, or '${node.source}' in quotes for the text`,
      });
    },
  });
  return diagnostics;
}
