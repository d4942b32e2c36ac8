/*
 * Keys with a recognisable format, documented by each issuer: GitHub ('About authentication to GitHub'),
 * GitLab ('Token overview'), AWS ('IAM identifiers', unique ID prefixes), Stripe ('API keys'), Slack ('Token types'),
 * Google Cloud ('Manage API keys'), SendGrid, npm ('About access tokens'), PyPI, Docker Hub, Hugging Face, Anthropic, OpenAI,
 * DigitalOcean, age, PEM (RFC 7468), JWT (RFC 7519).
 */
const formats: readonly (readonly [title: string, format: RegExp])[] = [
  // Followed by a first line of the key: the header alone is not a key.
  [
    'a private key',
    /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|\s)*(?:[\w-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{20,}/g,
  ],
  ['a private key of age', /\bAGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{30,}/g],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/g],
  ['a token of GitLab', /\bgl(?:pat|dt|rt|ptt|soat|cbt|ft|agent)-[A-Za-z0-9_-]{20,}/g],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g],
  ['a secret key of Stripe', /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/g],
  ['a webhook key of Stripe', /\bwhsec_[A-Za-z0-9+/]{24,}/g],
  ['a token of Slack', /\b(?:xox[abeprs]-[A-Za-z0-9-]{20,}|xapp-\d-[A-Za-z0-9-]{20,})/g],
  ['a webhook of Slack', /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]{20,}/g],
  ['an API key of Google', /\bAIza[A-Za-z0-9_-]{35}/g],
  ['a client secret of Google', /\bGOCSPX-[A-Za-z0-9_-]{28}/g],
  ['a key of SendGrid', /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['a token of PyPI', /\bpypi-AgE[A-Za-z0-9_-]{50,}/g],
  ['a token of Docker Hub', /\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}/g],
  ['a token of Hugging Face', /\bhf_[A-Za-z0-9]{34,}\b/g],
  ['a key of Anthropic', /\bsk-ant-[A-Za-z0-9]+-[A-Za-z0-9_-]{40,}/g],
  ['a key of OpenAI', /\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}/g],
  ['a token of DigitalOcean', /\bdo[opr]_v1_[a-f0-9]{64}\b/g],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g],
  // Domains reserved for examples (RFC 2606, RFC 6761) are harmless.
  [
    'an address with a password',
    /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@'"`${}<>]+:[^\s/?#@'"`${}<>]{3,}@(?!localhost\b|127\.|(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)(?![\w.-]))[\w.-]+/gi,
  ],
];

/** A part of a text that has the format of a secret. */
export interface Leak {
  /** Kind of secret, such as 'a token of GitHub'. */
  title: string;
  /** Offsets into the text. */
  start: number;
  end: number;
}

/** The keys in a text that have a known format, in order. */
export function leaksIn(text: string): Leak[] {
  return formats
    .flatMap(([title, format]) =>
      [...text.matchAll(format)].map(({ 0: found, index }) => ({
        title,
        start: index,
        end: index + found.length,
      })),
    )
    .sort((a, b) => a.start - b.start);
}

const saysSecret =
  /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PWD|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY)(?:_|$)/;
const saysPublic = /(?:^|_)(?:PUBLIC|PUBLISHABLE|FILE|PATH|DIR|NAME|URL)(?:_|$)/;

/**
 * Whether the value of a variable looks like a random key, measured by its entropy. The threshold is lower if the variable's name
 * suggests a secret.
 */
export function looksLikeKey(name: string, value: string): boolean {
  if (saysPublic.test(name) || !/^[A-Za-z0-9+/=_~.-]+$/.test(value)) return false;
  const secret = saysSecret.test(name);
  if (value.length < (secret ? 12 : 32) || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  // Versions, host names, paths and ids in groups of four letters are not random keys.
  if (/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(value) && /[.-]/.test(value) && !secret) return false;
  // The hash of a commit or a file is not a secret.
  if (/^[0-9a-f]+$/i.test(value) && !secret) return false;
  return entropy(value) >= (secret ? 3 : 4.3);
}

/** Shannon entropy, in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / text.length) * Math.log2(count / text.length),
    0,
  );
}
