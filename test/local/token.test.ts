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
    value('the placeholder without Bearer', () => 'ACCESS_TOKEN', /still contains ACCESS_TOKEN/, /leave "Bearer " before it/),
    value('the placeholder in brackets', () => 'Bearer <ACCESS_TOKEN>', /still contains/, /leave "Bearer " before it/),
    value('absent', () => undefined, /event\.json has no authorizationToken\.$/, /^Add it\. The value is "Bearer "/),
    value('a number', () => 7, /What event\.json has for authorizationToken is not text/, /double quotes/),
    value('empty', () => ' ', /authorizationToken in event\.json is empty/, /"Bearer "/),
    value('Bearer alone', () => 'Bearer ', /"Bearer" and no access token after it/, /Put the access token there/),
    value('the bare token', (token) => token, /lacks "Bearer " before the access token/, /one space after it/),
    value('Token', (token) => `Token ${token}`, /begins with "Token" where "Bearer" must be/, /Replace the word Token by Bearer/),
    value('Basic', () => `Basic ${Buffer.from('user:password').toString('base64')}`, /a user name and a password \(Basic\)/, /Get an access token/),
    value('Signature Version 4', () => 'AWS4-HMAC-SHA256 Credential=AKIA/x', /signature of AWS/, /access token of your issuer/),
    value('Authorization: Bearer', (token) => `Authorization: Bearer ${token}`, /begins with the header's name, "Authorization:"/, /Delete it: the value begins with "Bearer "/),
    value('Bearer:', (token) => `Bearer: ${token}`, /lacks a space after "Bearer", or has another character/, /one space/),
    value('no blank', (token) => `Bearer${token}`, /lacks a space after "Bearer"/, /one space/),
    value('Bearer twice', (token) => `Bearer Bearer ${token}`, /has "Bearer" twice/, /Delete one/),
    value('a line break at its end', (token) => `Bearer ${token}\n`, /ends with a line break \(\\n\)/, /Delete the \\n before the closing quote/),
    value('line breaks', (token) => `Bearer ${token.slice(0, 60)}\n${token.slice(60)}`, /has a line break \(\\n\) in it/, /one piece/),
    value('a blank in it', (token) => `Bearer ${token.slice(0, 60)} ${token.slice(60)}`, /more than one word after "Bearer"/, /one piece/),
    value('a no-break space', (token) => `Bearer\u00A0${token}`, /has the character U\+00A0 in it: a no-break space/, /plain space/),
    value('a zero-width space', (token) => `Bearer \u200B${token}`, /has the character U\+200B in it: a zero-width space/, /Delete it/),
    value('undefined', () => 'Bearer undefined', /is the word "undefined": .* got no access_token/, /what the issuer answered/),
    value('null', () => 'Bearer null', /is the word "null"/, /what the issuer answered/),
    value('$TOKEN', () => 'Bearer $TOKEN', /is the text "\$TOKEN": the shell did not replace it/, /double quotes: sed "s\/ACCESS_TOKEN\/\$TOKEN\/"/),
    value('{{token}}', () => 'Bearer {{token}}', /is the text "\{\{token\}\}"|still contains/, /./),
    value('double quotes', (token) => `Bearer "${token}"`, /is in quotes of its own/, /Delete the quotes around it/),
    value('single quotes', (token) => `Bearer '${token}'`, /is in single quotes/, /Delete the quotes around it/),
    value('curly quotes', (token) => `Bearer “${token}”`, /is in quotes, curly ones/, /Delete the quotes/),
    value('brackets', (token) => `Bearer <${token}>`, /is in brackets/, /Delete the brackets/),
    value('a comma', (token) => `Bearer ${token},`, /A comma follows the token/, /^Delete it/),
    value('a semicolon', (token) => `Bearer ${token};`, /The character ";" follows the token/, /^Delete it/),
    value("the issuer's answer", (token) => `Bearer {"access_token":"${token}","token_type":"Bearer"}`, /contains the issuer's whole answer/, /the value of "access_token" alone/),
    value("the issuer's answer with blanks", (token) => `Bearer { "access_token": "${token}" }`, /contains the issuer's whole answer/, /the value of "access_token" alone/),
    value('dots for a part', (token) => `Bearer ${token.slice(0, 40)}...`, /is abbreviated/, /Copy it again/),
    value('cut in the payload', (token) => `Bearer ${token.slice(0, 150)}`, /The token in event\.json is cut off: a JWT has three parts/, /all of it/),
    value('cut by 5', (token) => `Bearer ${token.slice(0, -5)}`, /end of the token is missing: its last part is shorter than a signature of RS256/, /to its very end/),
    value('URL-encoded', (token) => `Bearer ${token.replaceAll('.', '%2E')}`, /is URL-encoded/, /Decode it/),
    value('base64', (token) => `Bearer ${token}==`, /base64 with \+, \/ or =|character "="/, /Copy it again|Delete it/),
    value('GitHub', () => `Bearer gho_${'a'.repeat(36)}`, /This is a token of GitHub: those are opaque/, /an issuer that signs JWTs/),
    value('Google', () => `Bearer ya29.${'a'.repeat(40)}`, /This is a token of Google/, /an issuer that signs JWTs/),
    value('opaque', () => 'Bearer 4f0vVqkTRrM3oAkf0vVqkTRrM3oAkPMQ', /The token is opaque, not a JWT/, /Auth0 issues such tokens when the request named no audience/),
    value('encrypted', () => 'Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVyLXRleHQ.dGFn', /The token is encrypted/, /Auth0 issues such tokens when the request named no audience/),
    value('a refresh token of Cognito', () => `Bearer ${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM"}').toString('base64url')}.a.b.c.d`, /encrypted \(five parts\): a refresh token of Cognito/, /"access_token"/),
  ]));

describe('authorizationToken with', () =>
  tryMistakes(site, [
    value('$(cat token)', () => 'Bearer $(cat token.txt)', /is the text "\$\(cat token\.txt\)"/, /double quotes/),
    value('[object Object]', () => 'Bearer [object Object]', /is the word "\[object Object\]"/, /what the issuer answered/),
    value('quotes round all of it', (token) => `"Bearer ${token}"`, /is in quotes of its own/, /Delete the quotes/),
    value("curl's option", (token) => `-H "Authorization: Bearer ${token}"`, /begins with the header's name/, /Delete it/),
    value('DPoP', (token) => `DPoP ${token}`, /begins with "DPoP".*bound to a key/, /plain bearer token/),
    value('Digest', () => 'Digest username="x"', /credentials of another kind/, /Get an access token/),
    value('a cookie', (token) => `session=${token}`, /a cookie or a field of a form: "session=" precedes/, /"Bearer " in its place/),
    value("Auth0's refresh token", () => `Bearer v1.M${'aB3'.repeat(20)}`, /Auth0 \(a refresh token\)/, /signs JWTs/),
    value('an access key of AWS', () => 'Bearer AKIAIOSFODNN7EXAMPLE', /AWS \(an access key\)/, /signs JWTs/),
    value('<nil>', () => 'Bearer <nil>', /is the word "<nil>"/, /what the issuer answered/),
    value('[tok]', () => 'Bearer [tok]', /is "\[tok\]", which stands for a token/, /in its place/),
    value('an error', () => 'Bearer {"error":"invalid_client"}', /the issuer's error, not a token/, /correct the request/),
    value('an error in words', () => 'Bearer error: invalid_grant', /the issuer's error/, /correct the request/),
    value('a web page', () => 'Bearer <!DOCTYPE html><html lang=en>', /contains a web page/, /request for the token/),
    value('PEM', () => 'Bearer -----BEGIN PRIVATE KEY-----', /in PEM, not a token/, /access token/),
    value('a URL', (token) => `Bearer https://jwt.io/#debugger-io?token=${token}`, /is a URL/, /the token alone/),
    value('stars', (token) => `Bearer ${token.slice(0, 40)}***`, /abbreviated or masked/, /Copy it again/),
    value('a letter that looks alike', (token) => `Bearer ${token.replace('e', '\u0435')}`, /has the character "\u0435" in it/, /plain text/),
    value('no beginning', (token) => `Bearer ${token.slice(5)}`, /lacks its beginning/, /Copy it again/),
    value('YOUR_ACCESS_TOKEN', () => 'Bearer YOUR_ACCESS_TOKEN', /still contains YOUR_ACCESS_TOKEN/, /in its place/),
  ]));

describe('the token:', () =>
  tryMistakes(site, [
    ['alg none', () => ({ token: { header: { alg: 'none' }, signature: '' } }), /is not signed: its third part is empty \(alg "none"\)/, /never accepted/],
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
      /too long: it has more than 16,384 characters/,
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

describe('the event', () =>
  tryMistakes(site, [
    ['with methodARN', () => ({ event: ({ methodArn, ...good }) => ({ ...good, methodARN: methodArn }) }), /event\.json has "methodARN", and no methodArn/, /Rename it/],
    ['without type, with a methodArn and a method', () => ({ event: ({ type: _, ...good }) => ({ ...good, httpMethod: 'GET' }) }), /type in event\.json is "missing"/, /"type": "TOKEN"/],
    ['with an empty methodArn', arn(''), /event\.json has no methodArn/, /Add "methodArn"/],
    ['like no other', instead({ state: {} }), /does not contain the event of an authorizer: .* but "state"/, /event\.json\.sample/],
    ['of DynamoDB', instead({ Records: [{ eventSource: 'aws:dynamodb' }] }), /an event of dynamodb/, /event\.json\.sample/],
  ]));

describe('the event:', () =>
  tryMistakes(site, [
    ['null', instead(null), /event\.json contains null, not an event/, /event\.json\.sample/],
    ['a list', () => ({ event: (good) => [good] }), /contains a list, not one event/, /without the brackets/],
    ['empty', instead({}), /does not contain the event/, /event\.json\.sample/],
    ['a proxy event', instead({ resource: '/pets', httpMethod: 'GET', headers: {}, requestContext: { stage: 'x' } }), /the event of a Lambda proxy integration \(REST API/, /Use event\.json\.sample/],
    ['a proxy event of payload 2.0', instead({ version: '2.0', routeKey: 'GET /pets', requestContext: { http: { method: 'GET' } } }), /Lambda integration \(HTTP API, payload 2\.0\)/, /Use event\.json\.sample/],
    ['S3', instead({ Records: [{ eventSource: 'aws:s3', s3: {} }] }), /an event of S3, not the event of an authorizer/, /Use event\.json\.sample/],
    ['SNS', instead({ Records: [{ EventSource: 'aws:sns' }] }), /an event of SNS/, /Use event\.json\.sample/],
    ['SQS', instead({ Records: [{ eventSource: 'aws:sqs' }] }), /an event of SQS/, /Use event\.json\.sample/],
    ['Cognito', instead({ version: '1', triggerSource: 'PreSignUp_SignUp', userPoolId: 'x' }), /a Cognito user pool/, /Use event\.json\.sample/],
    ['AppSync', instead({ authorizationToken: 'x', requestContext: { apiId: 'x', queryString: 'query' } }), /AppSync authorizer \(this function is for API Gateway\)/, /Use event\.json\.sample/],
    ['ALB', instead({ requestContext: { elb: {} }, httpMethod: 'GET' }), /Application Load Balancer/, /Use event\.json\.sample/],
    ['EventBridge', instead({ version: '0', 'detail-type': 'x', source: 'aws.ec2' }), /EventBridge/, /Use event\.json\.sample/],
    ['a function URL', instead({ version: '2.0', requestContext: { http: {}, domainName: 'x.lambda-url.us-east-1.on.aws' } }), /function URL/, /Use event\.json\.sample/],
    ['hello world', instead({ key1: 'value1' }), /"hello world" event/, /Use event\.json\.sample/],
    ['WebSocket message', instead({ requestContext: { connectionId: 'x', eventType: 'MESSAGE' }, body: 'x' }), /WebSocket API's integration/, /Use event\.json\.sample/],
    ['token in small letters for the type', () => ({ event: (good) => ({ ...good, type: 'token' }) }), /type in event\.json is "token", not "TOKEN"/, /"type": "TOKEN"/],
    ['no type', () => ({ event: ({ type: _, ...good }) => good }), /type in event\.json is "missing"/, /"type": "TOKEN"/],
    ['no methodArn', () => ({ event: ({ methodArn: _, ...good }) => good }), /event\.json has no methodArn/, /Add "methodArn".*arn:aws:execute-api:/],
    ['version 2.0 with a methodArn', () => ({ event: (good) => ({ ...good, type: 'REQUEST', version: '2.0' }) }), /version 2\.0 and has a methodArn/, /routeArn/],
    ['the ARN of a Lambda function', arn('arn:aws:lambda:us-east-1:1234567890:function:x'), /methodArn in event\.json is the ARN of a Lambda function/, /ARN of the method: arn:aws:execute-api:/],
    ['a URL', arn('https://x.execute-api.us-east-1.amazonaws.com/stage/pets'), /methodArn in event\.json is a URL/, /arn:aws:execute-api:/],
    ['the ARN of a stage', arn('arn:aws:execute-api:us-east-1:1234567890:apiId/stage'), /ends before the method/, /arn:aws:execute-api:/],
    ['no ARN', arn('GET/pets'), /methodArn in event\.json is not an ARN/, /arn:aws:execute-api:/],
    ['a wildcard', arn(`${ARN}/*`), /contains \* or \?/, /POLICY_RESOURCE=stage/],
    ['{proxy*}', arn(ARN.replace('pets', '{proxy*}')), /pattern of a route/, /path as a caller does/],
    ['600 characters', arn(`${ARN}/${'a'.repeat(600)}`), /longer than the 512 characters/, /POLICY_RESOURCE=stage/],
    ['a preflight', () => ({ event: () => ({ type: 'REQUEST', methodArn: ARN.replace('GET', 'OPTIONS'), headers: {} }) }), /CORS preflight \(OPTIONS\)/, /off the method OPTIONS/],
    ['a REQUEST event without a token', () => ({ event: () => ({ type: 'REQUEST', methodArn: ARN, headers: {} }) }), /has no header:Authorization/, /"Bearer "/],
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
      /several tokens that differ/,
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
      /"Bearer " precedes the token, and query:Auth must have the token alone/,
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
