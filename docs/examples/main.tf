# The authorizer's stack, and a REST API whose stage follows it. Run it in a folder of its own.
#
#   aws cloudformation package --template-file scripts/deploy/template.yaml --s3-bucket BUCKET --output-template-file packaged.yaml
#   terraform init && terraform apply -var bucket=BUCKET -var packaged=packaged.yaml \
#     -var 'settings={TokenIssuer="https://TENANT.eu.auth0.com/",JwksUri="https://TENANT.eu.auth0.com/.well-known/jwks.json",Audience="https://pets.example.com/"}'
#   curl -i -H "Authorization: Bearer $TOKEN" "$(terraform output -raw url)"     # 200 {"caller":…}, without a token 401
#   terraform destroy (with the same -var)
terraform {
  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 6.0" } # older versions don't accept nodejs24.x
    archive = { source = "hashicorp/archive", version = ">= 2.0" }
  }
}

variable "bucket" { type = string }
variable "packaged" { type = string }
variable "settings" { type = map(string) }

# CloudFormation reads the template from the bucket. The key changes with the template, so the stack is updated.
resource "aws_s3_object" "template" {
  bucket = var.bucket
  key    = "authorizer-${filemd5(var.packaged)}.yaml"
  source = var.packaged
}

resource "aws_cloudformation_stack" "authorizer" {
  name         = "authorizer"
  template_url = "https://${var.bucket}.s3.${data.aws_region.current.region}.amazonaws.com/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM"]
  parameters = merge(var.settings, {
    ApiKind = "REST"
    ApiId   = aws_api_gateway_rest_api.pets.id
  })
}

data "aws_region" "current" {}

resource "aws_api_gateway_rest_api" "pets" {
  name = "pets"
}

resource "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_rest_api.pets.root_resource_id
  path_part   = "pets"
}

resource "aws_api_gateway_method" "pets" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  resource_id   = aws_api_gateway_resource.pets.id
  http_method   = "GET"
  authorization = "CUSTOM"
  authorizer_id = aws_cloudformation_stack.authorizer.outputs["AuthorizerId"]
}

resource "aws_api_gateway_integration" "pets" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.pets.id
  http_method             = aws_api_gateway_method.pets.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.back_end.invoke_arn
}

# Without triggers, a change of the authorizer or of a method would never reach the stage.
resource "aws_api_gateway_deployment" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  triggers = {
    redeployment = sha1(jsonencode([
      aws_cloudformation_stack.authorizer.parameters,
      aws_api_gateway_method.pets,
      aws_api_gateway_integration.pets,
    ]))
  }
  lifecycle { create_before_destroy = true }
}

resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  deployment_id = aws_api_gateway_deployment.pets.id
  stage_name    = "prod"
}

# -- the back end, which answers with who called ---------------------------------------------------------------
data "archive_file" "back_end" {
  type        = "zip"
  output_path = "back-end.zip"
  source {
    filename = "index.mjs"
    content  = <<-EOT
      export const handler = async (event) => {
        const { principalId, scope } = event.requestContext.authorizer;
        return { statusCode: 200, body: JSON.stringify({ caller: principalId, scope }) };
      };
    EOT
  }
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "back_end" {
  name_prefix        = "pets-"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_lambda_function" "back_end" {
  function_name    = "pets"
  filename         = data.archive_file.back_end.output_path
  source_code_hash = data.archive_file.back_end.output_base64sha256
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  role             = aws_iam_role.back_end.arn
}

resource "aws_lambda_permission" "back_end" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.back_end.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.pets.execution_arn}/*/GET/pets"
}

output "url" {
  value = "${aws_api_gateway_stage.prod.invoke_url}/pets"
}
