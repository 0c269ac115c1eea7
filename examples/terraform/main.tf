# A Terraform configuration that uses the allowlist of a deployed stack. The stack publishes its ARNs and ids as SSM parameters:
#
#   npx cdk deploy -c intercomRegions=eu -c ingress=none -c prefixLists=create -c webAclRuleGroup=create

data "aws_ssm_parameter" "rule_group" {
  name = "/IntercomAllowlist/WebAclRuleGroupArn"
}

data "aws_ssm_parameter" "ipv4_prefix_list" {
  name = "/IntercomAllowlist/Ipv4PrefixListId"
}

resource "aws_wafv2_web_acl" "hooks" {
  name  = "hooks"
  scope = "REGIONAL"

  default_action {
    block {}
  }

  rule {
    name     = "intercom"
    priority = 0

    override_action {
      none {}
    }

    statement {
      rule_group_reference_statement {
        arn = data.aws_ssm_parameter.rule_group.value
      }
    }

    visibility_config {
      metric_name                = "intercom"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    metric_name                = "hooks"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_vpc_security_group_ingress_rule" "intercom" {
  security_group_id = var.security_group_id
  prefix_list_id    = data.aws_ssm_parameter.ipv4_prefix_list.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

variable "security_group_id" {
  type = string
}
