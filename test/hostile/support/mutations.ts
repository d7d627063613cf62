/** Every way to get a member of a token wrong: the JSON that stands in its place. */

type Json = string | undefined;

/** By the name of the member. `undefined`: it is left out. */
type WrongValues = Readonly<Record<string, readonly Json[]>>;

/** JSON values with a space between each two of them; a space in one is escaped. */
const list = (texts: string): readonly Json[] => texts.split(' ');

const ABSENT: readonly Json[] = [undefined, 'null'];
const NO_TEXT = list('true 0 -1 1.5 [] ["x"] {} {"toString":null}');
const NO_ID = list(String.raw`"" "\u0000" "\ud800" "\udc00low" "${'x'.repeat(256)}"`);
const NO_INSTANT = [
  ...list('true "" "1" "NaN" [] [1] {} {"valueOf":null}'),
  ...list('-1 -1e3 1.5 1e999 -1e999 NaN 9007199254740993'),
];
const NO_LIST = list('true 0 "user" {} {"length":1} [1] [null] ["user",["admin"]]');
const IDS = [...ABSENT, ...NO_TEXT, ...NO_ID];
const INSTANTS = [...ABSENT, ...NO_INSTANT];

/** Tokens of other kinds (RFC 7519, 8417, 9449, 9701, OpenID Connect), and misspellings of the library's. */
const OTHER_TYPES = [
  ...list('"JWT" "jwt" "JWS" "JOSE" "application/jwt" "id_token" "id+jwt" "rt+jwt" "refresh+jwt"'),
  ...list('"logout+jwt" "application/logout+jwt" "secevent+jwt" "dpop+jwt"'),
  ...list('"token-introspection+jwt" "" ["at+jwt"] "at+jwt;charset=utf-8"'),
  ...list(String.raw`"at+jwt\u0020" "\u0020at+jwt" "at+jwt\u0000"`),
];

export const WRONG_HEADERS: WrongValues = {
  alg: [...ABSENT, ...NO_TEXT, ...list(`"" "none" "None" "HS256\\u0020" "XS256" ["HS256"]`)],
  typ: [...ABSENT, ...NO_TEXT, ...OTHER_TYPES],
  kid: ['null', ...NO_TEXT, ...list('"" "another" "__proto__"')],
  crit: list('null false {} "exp" [] ["exp"] ["b64"] ["kid"]'),
  b64: list('false true null "false"'),
  enc: list('"A256GCM" "" null'),
  zip: list('"DEF" null'),
  cty: list('"JWT" "jwt" "application/jwt" ["JWT"]'),
  jwk: list('null {} {"kty":"oct","k":"AA"}'),
  jku: list('null "https://attacker.example/keys"'),
  x5u: list('null "https://attacker.example/certificate"'),
  x5c: list('null [] ["AA"]'),
  x5t: list('null "AA"'),
  'x5t#S256': list('null "AA"'),
};

/** @param issued the instant of issue, in seconds */
export function wrongClaims(issued: number): WrongValues {
  const seconds = (...differences: number[]) => differences.map((each) => String(issued + each));
  const [HOUR, DAY, YEAR] = [3_600, 86_400, 365 * 86_400];
  return {
    iss: [
      ...ABSENT,
      ...NO_TEXT,
      ...list('"" "https://attacker.example" ["https://api.example.com"]'),
      ...list('"https://api.example.com/" "HTTPS://API.EXAMPLE.COM"'),
    ],
    aud: [
      ...ABSENT,
      ...list('true 0 1.5 {} {"0":"example-api"} "" "another" "EXAMPLE-API"'),
      ...list('"example-api\\u0020" [] ["another"] [null] [["example-api"]] ["example-api",1]'),
    ],
    realm: [...ABSENT, ...NO_TEXT, ...list('"" "admin-jwt"')],
    sub: IDS,
    jti: IDS,
    sid: IDS,
    pol: IDS,
    iat: [...INSTANTS, ...seconds(HOUR, YEAR, -DAY - 1), '1e15'],
    exp: [...INSTANTS, ...seconds(0, -1, DAY + HOUR, YEAR), '253402300800', '1e15'],
    // Another instant than `iat`, which is the same in whole seconds.
    iat_ms: [...INSTANTS, '0', ...seconds(-2, 2, YEAR).map((text) => `${text}000`)],
    auth_time: [...INSTANTS, ...seconds(HOUR, YEAR)],
    nbf: ['null', ...NO_INSTANT, ...seconds(HOUR, YEAR)],
    roles: [...ABSENT, ...NO_LIST],
    permissions: ['null', ...NO_LIST],
    uid: ['null', ...NO_TEXT, ...NO_ID],
    client_id: [
      'null',
      ...NO_TEXT,
      ...NO_ID,
      ...list(String.raw`"\u007f" "a\nb" "ümlaut" "${'x'.repeat(201)}"`),
    ],
  };
}

/** Claims of a token from before the library came: fewer, and of the application that issued it then. */
export function wrongAdoptedClaims(issued: number): WrongValues {
  const { iss = [], aud = [], nbf = [] } = wrongClaims(issued);
  const seconds = (...differences: number[]) => differences.map((each) => String(issued + each));
  return {
    // Those of this application's own tokens among them.
    iss: [...iss, '"https://api.example.com"'],
    aud: [...aud, '"example-api"', '["example-api"]'],
    sub: [
      ...ABSENT,
      ...list('true 1.5 1e999 -1e999 9007199254740993 [] ["x"] [1] {} {"toString":null}'),
      ...NO_ID,
    ],
    iat: [...INSTANTS, ...seconds(3_600, 365 * 86_400), '1e15'],
    exp: [...INSTANTS, ...seconds(0, -1)],
    nbf,
    type: [...ABSENT, ...NO_TEXT, ...list('"" "refresh" "ACCESS" ["access"] {"0":"access"}')],
  };
}

/** Accounts that there are not, written as a token from before may name them. */
export const NOBODY: readonly Json[] = list('0 -1 999999 "0" "-1" "999999" "1e0" "01" "1\\u0020"');

/** Claims that such a token may have in any form: nothing of the library's is made of them. */
export const MEANINGLESS: WrongValues = {
  jti: IDS,
  sid: [...IDS, '"x"'],
  ver: list('null -1 99 "0" {}'),
  gen: list('null "another" []'),
  roles: [...ABSENT, ...NO_LIST, '["admin"]'],
  permissions: list('["everything"] "everything" null'),
  adopted: list('false null 1'),
  uid: list('"2" 2 null'),
  client_id: list('"another" 0 null'),
  pol: list('"another" 0'),
  realm: list('"another" null'),
  iat_ms: list('0 1e999 "x"'),
  auth_time: list('0 1e999 "x"'),
  kid: list('"another" null'),
  exp: list('253402300800 1e15'),
};

/** Claims that an application declares with these types; each may be absent. */
export const WRONG_CUSTOM: WrongValues = {
  tenant: ['null', ...NO_TEXT],
  seats: list('null true "1" "" [] [1] {} 1e999 -1e999'),
  trial: list('null 0 1 "true" "" [] [true] {}'),
  groups: ['null', ...NO_LIST],
};

/** No stamp at all: it is missing, or of another type. Nothing has to be read to refuse it. */
export const noStamp = (value: unknown): readonly Json[] => [
  ...ABSENT,
  ...list('true [] [1] {} {"valueOf":null} 1.5 1e999 -1e999'),
  JSON.stringify([value]),
  ...(typeof value === 'string'
    ? list('0 -1 9007199254740993')
    : // The same in another type, and integers in another spelling.
      [JSON.stringify(String(value)), ...list('"" "another" "-0" "01" 9007199254740993')]),
];

/** Of its type, and not this stamp; what its policy compares it with, only the state tells. */
export const otherStamps = (value: unknown): readonly Json[] =>
  typeof value === 'string'
    ? list('"" "another"')
    : [String(Number(value) + 1), ...list('-1 "9007199254740993"')];
