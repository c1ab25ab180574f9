import { describe } from 'node:test';
import { ARN, type Case, hmac, tryMistakes, useSite } from './world.ts';

const site = useSite();

const instead =
  (event: unknown): Case[1] =>
  () => ({ event: () => event });
const arn =
  (methodArn: unknown): Case[1] =>
  () => ({ event: (good) => ({ ...good, methodArn }) });

/** A value of authorizationToken, made of the token. */
const value = (name: string, make: (token: string) => unknown, problem: RegExp, remedy: RegExp): Case => [name, () => ({ value: make }), problem, remedy];

describe('authorizationToken:', () =>
  tryMistakes(site, [
    value('the sample', () => 'Bearer ACCESS_TOKEN', /still contains ACCESS_TOKEN/, /leave "Bearer " before it/),
    value('the placeholder in brackets', () => 'Bearer <ACCESS_TOKEN>', /still contains/, /leave "Bearer " before it/),
    value('absent', () => undefined, /no token in authorizationToken\.$/, /^Add it\. The value is "Bearer "/),
    value('a number', () => 7, /value of authorizationToken is not text/, /double quotes/),
    value('empty', () => ' ', /does not have the form/, /"Bearer "/),
    value('Bearer alone', () => 'Bearer ', /No token follows "Bearer"/, /Put the access token there/),
    value('the bare token', (token) => token, /a token without "Bearer " before it/, /with one space, and then/),
    value('Token', (token) => `Token ${token}`, /begins with "Token" where "Bearer" must be/, /Replace Token by Bearer/),
    value('Basic', () => `Basic ${Buffer.from('user:password').toString('base64')}`, /begins with "Basic".*a user name and a password/, /Get an access token/),
    value('Authorization: Bearer', (token) => `Authorization: Bearer ${token}`, /begins with the name of the header/, /Delete it: the value begins with "Bearer "/),
    value('Bearer:', (token) => `Bearer: ${token}`, /does not have the form/, /one space/),
    value('no blank', (token) => `Bearer${token}`, /without "Bearer " before it/, /one space/),
    value('Bearer twice', (token) => `Bearer Bearer ${token}`, /More than one word follows "Bearer"/, /"Bearer" once/),
    value('a line break at its end', (token) => `Bearer ${token}\n`, /a line break \(\\n\) in the token, or after it/, /one line/),
    value('a blank in it', (token) => `Bearer ${token.slice(0, 60)} ${token.slice(60)}`, /More than one word follows "Bearer"/, /one piece/),
    value('a no-break space', (token) => `Bearer\u00A0${token}`, /contains the character U\+00A0/, /plain space/),
    value('undefined', () => 'Bearer undefined', /is the word "undefined": .* got no access_token/, /what the issuer answered/),
    value('$TOKEN', () => 'Bearer $TOKEN', /is the text "\$TOKEN": the shell did not replace it/, /double quotes: sed "s\/ACCESS_TOKEN\/\$TOKEN\/"/),
    value('{{token}}', () => 'Bearer {{token}}', /is the text "\{\{token\}\}"|still contains/, /./),
    value('double quotes', (token) => `Bearer "${token}"`, /has the character " beside it/, /Delete what is around the token \(quotes, brackets, a comma\)/),
    value('a comma', (token) => `Bearer ${token},`, /has the character , beside it/, /Delete what is around/),
    value("the issuer's answer", (token) => `Bearer {"access_token":"${token}","token_type":"Bearer"}`, /contains the issuer's whole answer/, /the value of "access_token" alone/),
    value('dots for a part', (token) => `Bearer ${token.slice(0, 40)}...`, /cut off, abbreviated/, /Copy it again/),
    value('cut by 5', (token) => `Bearer ${token.slice(0, -5)}`, /end of the token is missing: its last part is shorter than a signature of RS256/, /to its very end/),
    value('URL-encoded', (token) => `Bearer ${token.replaceAll('.', '%2E')}`, /cut off, abbreviated, or was changed/, /no URL encoding/),
    value('base64', (token) => `Bearer ${token}==`, /the character =, which is not base64url/, /Copy it again/),
    value('GitHub', () => `Bearer gho_${'a'.repeat(36)}`, /it is opaque, not a JWT/, /an issuer that signs JWTs/),
    value('opaque', () => 'Bearer 4f0vVqkTRrM3oAkf0vVqkTRrM3oAkPMQ', /it is opaque, not a JWT/, /Auth0 issues such tokens when the request named no audience/),
    value('encrypted', () => 'Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVyLXRleHQ.dGFn', /The token is encrypted/, /Auth0 issues such tokens when the request named no audience/),
    value('a refresh token of Cognito', () => `Bearer ${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM"}').toString('base64url')}.a.b.c.d`, /encrypted \(five parts\): a refresh token of Cognito/, /access_token/),
  ]));

describe('authorizationToken with', () =>
  tryMistakes(site, [
    value('$(cat token)', () => 'Bearer $(cat token.txt)', /is the text "\$\(cat token\.txt\)"/, /double quotes/),
    value('[object Object]', () => 'Bearer [object Object]', /is the word "\[object Object\]"/, /what the issuer answered/),
    value('a cookie', (token) => `session=${token}`, /begins with "session" where "Bearer" must be/, /Replace session by Bearer/),
    value('an error', () => 'Bearer {"error":"invalid_client"}', /the issuer's error or a web page/, /correct the request/),
    value('a web page', () => 'Bearer <!DOCTYPE html><html lang=en>', /the issuer's error or a web page/, /request for the token/),
    value('PEM', () => 'Bearer -----BEGIN PRIVATE KEY-----', /in PEM, not a token/, /access token/),
    value('a URL', (token) => `Bearer https://jwt.io/#debugger-io?token=${token}`, /is a URL/, /the token alone/),
    value('a letter that looks alike', (token) => `Bearer ${token.replace('e', '\u0435')}`, /the character \S+, which is not base64url/, /plain text/),
    value('no beginning', (token) => `Bearer ${token.slice(5)}`, /was changed on its way/, /Copy it again/),
  ]));

describe('the token:', () =>
  tryMistakes(site, [
    ['alg none', () => ({ token: { header: { alg: 'none' }, signature: '' } }), /unsigned: its third part.* alg is "none"/, /never accepted/],
    ['alg none with a signature', () => ({ token: { header: { alg: 'none' }, signature: 'YWJj' } }), /is not signed: its alg is "none"/, /never accepted/],
    ['HS256', () => ({ token: { header: { alg: 'HS256' }, signature: hmac() } }), /shared secret \(alg "HS256"\)/, /sign with RS256/],
    ["Keycloak's refresh token", () => ({ token: { header: { alg: 'HS512' }, claims: { typ: 'Refresh' }, signature: hmac() } }), /This is a refresh token \(claim typ "Refresh"\)/, /"access_token" .* not the "refresh_token"/],
    ['ES256', () => ({ token: { header: { alg: 'ES256' } } }), /alg is "ES256"; accepted are "RS256"/, /ALGORITHMS=ES256 in \.env/],
    ['ES256K', () => ({ token: { header: { alg: 'ES256K' } } }), /alg is "ES256K", which is not supported/, /RS256, ES256 or EdDSA/],
    ['an alg that is not that of its key', () => ({ env: { ALGORITHMS: 'RS256,PS256' }, token: { header: { alg: 'PS256' } } }), /its key "local-1" is published for another alg/, /signed with the alg of their key/],
    [
      '16 KiB',
      () => ({
        token: { claims: { groups: Array.from({ length: 1500 }, (_, at) => `group-number-${at}`) } },
      }),
      /longer than 16384 characters/,
      /claim groups has 1500 entries/,
    ],
    ['a kid that is a number', () => ({ token: { header: { kid: 7 } } }), /token's kid is not a string/, /issuer has to write/],
    ['logout+jwt', () => ({ token: { header: { typ: 'logout+jwt' } } }), /typ is "logout\+jwt", which is not an access token's/, /access token that the issuer makes for this API/],
    ['a security event', () => ({ token: { claims: { events: {} } } }), /logout token or a security event/, /access token/],
    ['a DPoP proof', () => ({ token: { header: { typ: 'dpop+jwt' } } }), /DPoP proof/, /access token/],
    ['at+jwt, where TOKEN_TYPES is JWT', () => ({ env: { TOKEN_TYPES: 'JWT' } }), /typ is "at\+jwt", that of access tokens\. TOKEN_TYPES in \.env accepts "jwt" alone/, /TOKEN_TYPES=JWT,at\+jwt/],
    [
      "Okta's org server",
      () => ({
        token: {
          header: { typ: 'application/okta-internal-at+jwt' },
          claims: { iss: 'https://org.okta.com' },
        },
      }),
      /from Okta's org server \(https:\/\/org\.okta\.com\), for Okta alone/,
      /\/oauth2\/default\/v1\/token .* Do not add this type to TOKEN_TYPES/,
    ],
    ['crit', () => ({ token: { header: { crit: ['exp'] } } }), /crit or b64/, /without extensions/],
  ]));

describe('the event:', () =>
  tryMistakes(site, [
    ['null', instead(null), /event\.json contains null, not an event/, /event\.json\.sample/],
    ['a list', () => ({ event: (good) => [good] }), /contains a list, not one event/, /without the brackets/],
    ['empty', instead({}), /does not contain the event/, /event\.json\.sample/],
    ['a proxy event', instead({ resource: '/pets', httpMethod: 'GET', headers: {}, requestContext: { stage: 'x' } }), /an event of a Lambda integration/, /Use event\.json\.sample/],
    ['a proxy event of payload 2.0', instead({ version: '2.0', routeKey: 'GET /pets', requestContext: { http: { method: 'GET' } } }), /an event of a Lambda integration/, /Use event\.json\.sample/],
    ['S3', instead({ Records: [{ eventSource: 'aws:s3', s3: {} }] }), /an event of S3, SQS, SNS or the like/, /Use event\.json\.sample/],
    ['Cognito', instead({ version: '1', triggerSource: 'PreSignUp_SignUp', userPoolId: 'x' }), /a Cognito user pool/, /Use event\.json\.sample/],
    ['AppSync', instead({ authorizationToken: 'x', requestContext: { apiId: 'x', queryString: 'query' } }), /AppSync \(this function is for API Gateway\)/, /Use event\.json\.sample/],
    ['hello world', instead({ key1: 'value1' }), /does not contain the event of an authorizer.*"key1"/, /event\.json\.sample/],
    ['token in small letters for the type', () => ({ event: (good) => ({ ...good, type: 'token' }) }), /type in event\.json is "token", not "TOKEN"/, /"type": "TOKEN"/],
    ['no type', () => ({ event: ({ type: _, ...good }) => good }), /type in event\.json is "missing"/, /"type": "TOKEN"/],
    ['no methodArn', () => ({ event: ({ methodArn: _, ...good }) => good }), /event\.json has no methodArn/, /Add "methodArn".*arn:aws:execute-api:/],
    ['version 2.0 with a methodArn', () => ({ event: (good) => ({ ...good, type: 'REQUEST', version: '2.0' }) }), /version 2\.0 and has a methodArn/, /routeArn/],
    ['the ARN of a Lambda function', arn('arn:aws:lambda:us-east-1:1234567890:function:x'), /is not the ARN of a method: arn:aws:lambda/, /ARN of the method: arn:aws:execute-api:/],
    ['a wildcard', arn(`${ARN}/*`), /contains \*, \? or/, /POLICY_RESOURCE=stage/],
    ['a preflight', () => ({ event: () => ({ type: 'REQUEST', methodArn: ARN.replace('GET', 'OPTIONS'), headers: {} }) }), /CORS preflight.*Remove the authorizer from OPTIONS/, /another method/],
    ['a REQUEST event without a token', () => ({ event: () => ({ type: 'REQUEST', methodArn: ARN, headers: {} }) }), /no token in header:Authorization/, /"Bearer "/],
    [
      'two tokens',
      () => ({
        event: () => ({
          type: 'REQUEST',
          methodArn: ARN,
          headers: { authorization: 'Bearer a' },
          multiValueHeaders: { authorization: ['Bearer b'] },
        }),
      }),
      /tokens that differ/,
      /Leave one/,
    ],
    ['the token in another header', () => ({ event: (_, token) => ({ type: 'REQUEST', methodArn: ARN, headers: { 'X-Token': token } }) }), /a token in header:X-Token, and TOKEN_SOURCE is header:Authorization/, /TOKEN_SOURCE=header:X-Token/],
    [
      'the token in a cookie',
      () => ({
        event: (_, token) => ({
          type: 'REQUEST',
          methodArn: ARN,
          headers: { Cookie: `a=b; session=${token}` },
        }),
      }),
      /a token in cookie:session/,
      /TOKEN_SOURCE=cookie:session/,
    ],
    [
      'Bearer where the bare token is due',
      () => ({
        env: { TOKEN_SOURCE: 'query:Auth' },
        event: (_, token) => ({
          type: 'REQUEST',
          methodArn: ARN,
          headers: {},
          queryStringParameters: { Auth: `Bearer ${token}` },
        }),
      }),
      /"Bearer " precedes the token in query:Auth/,
      /Delete "Bearer "/,
    ],
    [
      'the token under another name',
      () => ({
        event: ({ authorizationToken, ...good }) => ({ ...good, authorization: authorizationToken }),
      }),
      /has no authorizationToken; it has "authorization"/,
      /Rename it/,
    ],
  ]));
