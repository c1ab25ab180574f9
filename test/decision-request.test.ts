import { after } from 'node:test';
import { type Asked, type Case, METHOD, quickly, STAGE, startWorld, trySuites } from './support/suite.ts';
import { seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const good = `Bearer ${world.token()}`;
const ROOT = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/';

const event = (event: unknown): Asked => ({ event: [event] });
const type = (type: unknown): Asked => event({ type, authorizationToken: good, methodArn: METHOD });
const authorization = (value: unknown): Asked => ({ authorization: () => value });

/** A method ARN of so many characters. */
const long = (length: number) => `${METHOD}/`.padEnd(length, 'x');

const EVENTS: readonly Case[] = [
  ['no event', event(undefined), 'unsupported_event'],
  ['null', event(null), 'unsupported_event'],
  ['an empty event', event({}), 'unsupported_event'],
  ['a text', event('TOKEN'), 'unsupported_event'],
  ['a number', event(0), 'unsupported_event'],
  ['a boolean', event(true), 'unsupported_event'],
  ['an array', event([]), 'unsupported_event'],
  ['an array with an event', event([{ type: 'TOKEN', authorizationToken: good }]), 'unsupported_event'],
  ['a map', event(new Map([['type', 'TOKEN']])), 'unsupported_event'],
  ['a timer', event({ source: 'aws.events', 'detail-type': 'Scheduled Event' }), 'unsupported_event'],
  ['no type', type(undefined), 'unsupported_event'],
  ['another type', type('SOMETHING'), 'unsupported_event'],
  ['type in lower case', type('token'), 'unsupported_event'],
  ['type as an array', type(['TOKEN']), 'unsupported_event'],
];

const ARNS: readonly Case[] = [
  ...[undefined, null, '', 0, {}, [METHOD]].map((arn): Case => {
    return [`methodArn ${JSON.stringify(arn)}`, { arn }, 'unsupported_event'];
  }),
  ['methodArn that is none', { arn: 'somewhere' }, 'unsupported_event'],
  ['methodArn of a function', { arn: 'arn:aws:lambda:us-east-1:1234567890:function:f' }, 'unsupported_event'],
  ['methodArn of an API', { arn: 'arn:aws:execute-api:us-east-1:1234567890:apiId' }, 'unsupported_event'],
  ['methodArn of the root resource', { arn: ROOT }, { resource: ROOT }],
  ...['aws-cn', 'aws-us-gov'].map((partition): Case => {
    const arn = METHOD.replace(':aws:', `:${partition}:`);
    return [`methodArn in ${partition}`, { arn }, { resource: arn }];
  }),
  [
    'methodArn with a $ and braces that are no variable',
    { arn: `${METHOD}/$a{b}$` },
    { resource: `${METHOD}/$a{b}$` },
  ],
  ['methodArn with other signs in its path', { arn: `${METHOD}/a:b%2F~` }, { resource: `${METHOD}/a:b%2F~` }],
];

const UNNAMEABLE = [
  '*',
  '?',
  '${',
  `/$\{aws:username}`,
  `/a$\{*}`,
  `/$$\{x}`,
  '/*',
  '/a*b',
  '/a?b=c',
  '/\n*',
  '/*\n',
  '/?\nx',
].map((path) => METHOD + path);

/** A refusal, and what the log says of it. */
const missing = (detail: string | RegExp): Case[2] => ({ reason: 'missing_token', detail });

const AUTHORIZATION: readonly Case[] = [
  ...[undefined, null, 0, true, {}, [good], { authorizationToken: good }].map((value): Case => {
    return [`Authorization ${JSON.stringify(value)?.slice(0, 20)}`, authorization(value), 'missing_token'];
  }),
  ...['', ' ', 'Bearer', 'Bearer ', 'bearer  ', 'Bearer: x', 'Bearer,x', 'Token x'].map((value): Case => {
    return [`Authorization "${value}"`, authorization(value), 'missing_token'];
  }),
  ['none', authorization(undefined), missing('The request has no token in authorizationToken.')],
  ['an empty one', authorization(''), missing('The request has no token in authorizationToken.')],
  ['a list', authorization([good]), missing('The value of authorizationToken is not text.')],
  ['Bearer alone', authorization(' Bearer '), missing('No token follows "Bearer" in authorizationToken.')],
  [
    'Basic',
    authorization('Basic dXNlcjpwYXNzd29yZA=='),
    missing(/ does not have the form "Bearer <token>"\.$/),
  ],
  ['Digest with a token', { authorization: (token) => `Digest ${token}` }, missing(/not have the form/)],
  [
    'the bare token',
    { authorization: (token) => token },
    missing('The value of authorizationToken is a token without "Bearer " before it.'),
  ],
  [
    'two words',
    { authorization: (token) => `Bearer ${token} ${token}` },
    missing('More than one word follows "Bearer" in authorizationToken.'),
  ],
  [
    'the name of the header in the value',
    { authorization: (token) => `Authorization: Bearer ${token}` },
    missing('The value of authorizationToken begins with the name of the header.'),
  ],
  [
    'a preflight',
    { arn: METHOD.replace('method', 'OPTIONS'), authorization: () => undefined },
    missing('The request is a CORS preflight, which never has a token. Remove the authorizer from OPTIONS.'),
  ],
  [
    'no preflight, but OPTIONS with a token',
    { arn: METHOD.replace('method', 'OPTIONS') },
    { resource: METHOD.replace('method', 'OPTIONS') },
  ],
  ['two values', { authorization: (token) => `Bearer ${token}, Bearer ${token}` }, 'missing_token'],
  [
    'a token in two lines',
    { authorization: (token) => `Bearer ${token.replace('.', '.\n')}` },
    'missing_token',
  ],
  [
    'a blank that is none',
    { authorization: (token) => `Bearer\u00a0${token}` },
    missing(/contains the character U\+00A0/),
  ],
  [
    'a byte order mark',
    { authorization: (token) => `\ufeffBearer ${token}` },
    missing(/contains the character U\+FEFF/),
  ],
  [
    'a line end behind',
    { authorization: (token) => `Bearer ${token}\n` },
    missing(/contains the character U\+000A/),
  ],
  ['tabs and blanks around', { authorization: (token) => `\t Bearer \t${token} \t` }, 'authorized'],
  ['a letter that only looks like B', { authorization: (token) => `Вearer ${token}` }, 'missing_token'],
  ...['bearer', 'BEARER', 'bEaReR'].map((scheme): Case => {
    return [scheme, { authorization: (token) => `${scheme} ${token}` }, 'authorized'];
  }),
  ['several blanks', { authorization: (token) => `Bearer    ${token}` }, 'authorized'],
];

trySuites(
  world,
  [
    { name: 'the event', cases: [...EVENTS, ...ARNS] },
    {
      name: 'the resource that a policy names, POLICY_RESOURCE=method',
      cases: [
        ...UNNAMEABLE.map((arn): Case => [JSON.stringify(arn.slice(-6)), { arn }, 'unsupported_resource']),
        ['512 characters', { arn: long(512) }, { resource: long(512) }],
        ['513 characters', { arn: long(513) }, 'unsupported_resource'],
      ],
    },
    {
      name: 'the resource that a policy names, POLICY_RESOURCE=stage',
      env: { POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
      cases: [
        ...UNNAMEABLE.map((arn): Case => [JSON.stringify(arn.slice(-6)), { arn }, 'authorized']),
        ['513 characters', { arn: long(513) }, 'authorized'],
        ['a method ARN that is none', { arn: STAGE.slice(0, -2) }, 'unsupported_event'],
        ...['*', '?', `a$\{b}`].map((stage): Case => {
          const arn = METHOD.replace('/stage/', `/${stage}/`);
          return [`a stage ${stage}`, { arn }, { reason: 'unsupported_event', detail: /can't name/ }];
        }),
        ['a Deny', { arn: long(513), claims: { exp: seconds() - 60 } }, 'token_expired'],
      ],
    },
    { name: 'the Authorization value', cases: AUTHORIZATION },
  ],
  quickly,
);
