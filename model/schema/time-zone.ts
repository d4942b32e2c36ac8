import { z } from 'zod';

/**
 * Further names of the IANA time zone database, by area: `backward` in its source. Node accepts them in any spelling, but lists
 * only one name for each zone.
 */
const furtherNames: Readonly<Record<string, string>> = {
  '': [
    'CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST',
    'Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC',
    'PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT UTC Universal W-SU WET Zulu',
  ].join(' '),
  Africa: 'Asmara Timbuktu',
  America: [
    'Argentina/Buenos_Aires Argentina/Catamarca Argentina/ComodRivadavia Argentina/Cordoba',
    'Argentina/Jujuy Argentina/Mendoza Atikokan Atka Ensenada Fort_Wayne Indiana/Indianapolis',
    'Kentucky/Louisville Knox_IN Montreal Nipigon Nuuk Pangnirtung Porto_Acre Rainy_River Rosario',
    'Santa_Isabel Shiprock Thunder_Bay Virgin Yellowknife',
  ].join(' '),
  Antarctica: 'South_Pole',
  Asia: [
    'Ashkhabad Choibalsan Chongqing Chungking Dacca Harbin Ho_Chi_Minh Istanbul Kashgar Kathmandu',
    'Kolkata Macao Tel_Aviv Thimbu Ujung_Pandang Ulan_Bator Yangon',
  ].join(' '),
  Atlantic: 'Faroe Jan_Mayen',
  Australia: 'ACT Canberra Currie LHI NSW North Queensland South Tasmania Victoria West Yancowinna',
  Brazil: 'Acre DeNoronha East West',
  Canada: 'Atlantic Central Eastern Mountain Newfoundland Pacific Saskatchewan Yukon',
  Chile: 'Continental EasterIsland',
  Etc: [
    'GMT GMT+0 GMT+1 GMT+10 GMT+11 GMT+12 GMT+2 GMT+3 GMT+4 GMT+5 GMT+6 GMT+7 GMT+8 GMT+9 GMT-0 GMT-1',
    'GMT-10 GMT-11 GMT-12 GMT-13 GMT-14 GMT-2 GMT-3 GMT-4 GMT-5 GMT-6 GMT-7 GMT-8 GMT-9 GMT0',
    'Greenwich UCT UTC Universal Zulu',
  ].join(' '),
  Europe: 'Belfast Kyiv Nicosia Tiraspol Uzhgorod Zaporozhye',
  Mexico: 'BajaNorte BajaSur General',
  Pacific: 'Chuuk Johnston Kanton Pohnpei Samoa Yap',
  US: [
    'Alaska Aleutian Arizona Central East-Indiana Eastern Hawaii Indiana-Starke Michigan Mountain',
    'Pacific Samoa',
  ].join(' '),
};

const names: readonly string[] = [
  ...Intl.supportedValuesOf('timeZone'),
  ...Object.entries(furtherNames).flatMap(([area, list]) =>
    list.split(' ').map((name) => (area === '' ? name : `${area}/${name}`)),
  ),
];
const known = new Set(names);
const inSmallLetters = new Map(names.map((name) => [name.toLowerCase(), name]));

/** Names that only ICU knows, which Node uses. */
const onlyHere = /^(SystemV\/|US\/Pacific-New$|Canada\/East-Saskatchewan$)/;

/** Whether Go has the time zone, in the exact spelling that it requires; never `Local`, the zone of the machine. */
function isTimeZone(name: string): boolean {
  if (known.has(name)) return true;
  // Names that are newer than the list above. Those without an area are abbreviations of ICU.
  return !inSmallLetters.has(name.toLowerCase()) && /^[A-Z]\w*\//.test(name) && isOfNode(name);
}

function isOfNode(name: string): boolean {
  if (onlyHere.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    // The constructor throws for an unknown name, and nothing else tells.
    return false;
  }
}

/** Time zone by its name in the IANA database (Kubernetes, `validateTimeZone`; Go, `time.LoadLocation`). */
export const timeZone = z.string().superRefine((name, context) => {
  if (isTimeZone(name)) return;
  const meant = inSmallLetters.get(name.toLowerCase());
  context.addIssue({
    code: 'custom',
    message:
      meant === undefined
        ? 'it is not in the IANA time zone database'
        : 'capital and small letters count in names of time zones',
    params: {
      fix: meant === undefined ? "write a time zone such as 'Europe/Berlin' or 'UTC'" : `write '${meant}'`,
    },
    input: name,
  });
});
