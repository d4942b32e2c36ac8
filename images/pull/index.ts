export { basic, type Challenge, parseChallenge, tokenOf, tokenRequest } from './bearer.ts';
export { type Credentials, credentialsOf } from './credentials.ts';
export { placeOf, registryMirror } from './registry-place.ts';
