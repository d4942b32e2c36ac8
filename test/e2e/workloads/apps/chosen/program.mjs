import { readFileSync } from 'node:fs';

console.log(`the word is ${readFileSync('/word', 'utf8').trim()}`);
setInterval(() => {}, 1000);
