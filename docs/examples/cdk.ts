// The authorizer and a REST API with CDK, without the CloudFormation template. Copy this file to the folder of the zip.
//
//   npm install aws-cdk-lib constructs && npm install --save-dev aws-cdk tsx
//   npx cdk deploy --app 'npx tsx cdk.ts'
//   curl -i -H "Authorization: Bearer $TOKEN" URL/pets     # output ApiEndpoint…; 200 {"caller":…}, without a token 401
//   npx cdk destroy --app 'npx tsx cdk.ts'
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';

const stack = new Stack(new App(), 'Pets');

const logGroup = new LogGroup(stack, 'AuthorizerLog', {
  retention: RetentionDays.ONE_MONTH,
  removalPolicy: RemovalPolicy.RETAIN,
});
// CDK's own role may create log groups; this one only writes to its own.
const role = new Role(stack, 'AuthorizerRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
logGroup.grantWrite(role);

const handler = new LambdaFunction(stack, 'Authorizer', {
  code: Code.fromAsset('custom-authorizer.zip'),
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  handler: 'index.handler',
  memorySize: 256,
  timeout: Duration.seconds(10),
  role,
  logGroup,
  loggingFormat: LoggingFormat.JSON,
  environment: {
    TOKEN_ISSUER: 'https://TENANT.eu.auth0.com/',
    JWKS_URI: 'https://TENANT.eu.auth0.com/.well-known/jwks.json',
    AUDIENCE: 'https://pets.example.com/',
  },
});

// It also adds the permission to invoke the function, for this authorizer only.
const authorizer = new TokenAuthorizer(stack, 'Jwt', {
  handler,
  validationRegex: '^[Bb][Ee][Aa][Rr][Ee][Rr] +[-0-9a-zA-Z._]+$',
  resultsCacheTtl: Duration.seconds(0), // CDK's default is 300, which needs POLICY_RESOURCE=stage
});

const backEnd = new LambdaFunction(stack, 'BackEnd', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline(`exports.handler = async (event) => {
    const { principalId, scope } = event.requestContext.authorizer;
    return { statusCode: 200, body: JSON.stringify({ caller: principalId, scope }) };
  };`),
});

const api = new RestApi(stack, 'Api', { defaultMethodOptions: { authorizer } });
api.root.addResource('pets').addMethod('GET', new LambdaIntegration(backEnd));
