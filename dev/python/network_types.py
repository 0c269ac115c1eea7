"""CloudFormation types of the ALB ingress: types that MiniStack lacks, and missing parts of types that it has."""

import re

from ministack.services import alb, ec2
from ministack.services.cloudformation.provisioners import _ec2_sg_permissions


def call(operation, **params):
    """Calls an operation of MiniStack's EC2 service. Returns the XML of the answer."""
    status, _headers, body = operation({key.replace("_", "."): [str(value)] for key, value in params.items()})
    text = body.decode() if isinstance(body, bytes) else body
    if status >= 400:
        raise ValueError(text)
    return text


def _rule_type(permissions, is_egress):
    """Rules of the security groups in the template. MiniStack's calls do not support rules that reference a prefix list."""

    def create(_logical_id, props, _stack_name):
        if "CidrIp" in props or "CidrIpv6" in props:
            raise ValueError("A rule of the template must not contain an address")
        group_id = props["GroupId"]
        (rule,) = _ec2_sg_permissions([props])
        rule["SecurityGroupRuleId"] = ec2._sg_rule_id(group_id, is_egress, rule)
        ec2._security_groups[group_id][permissions].append(rule)
        return rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"]}

    def delete(physical_id, props):
        # The group may be gone with all its rules.
        rules = ec2._security_groups.get(props["GroupId"], {}).get(permissions, [])
        rules[:] = [rule for rule in rules if rule.get("SecurityGroupRuleId") != physical_id]

    def update(physical_id, old_props, new_props, stack_name):
        delete(physical_id, old_props)
        return create(None, new_props, stack_name)

    return {"create": create, "update": update, "delete": delete}


def _log_flows(_logical_id, props, _stack_name):
    answer = call(
        ec2._create_flow_logs,
        ResourceId_1=props["ResourceId"],
        ResourceType=props["ResourceType"],
        TrafficType=props["TrafficType"],
        LogGroupName=props["LogGroupName"],
    )
    flow_log_id = re.search(r"<item>(fl-[^<]+)<", answer).group(1)
    return flow_log_id, {"Id": flow_log_id}


MISSING = {
    "AWS::EC2::SecurityGroupIngress": _rule_type("IpPermissions", is_egress=False),
    "AWS::EC2::SecurityGroupEgress": _rule_type("IpPermissionsEgress", is_egress=True),
    "AWS::EC2::FlowLog": {
        "create": _log_flows,
        "update": lambda physical_id, _old, _new, _stack: (physical_id, {}),
        "delete": lambda physical_id, _props: call(ec2._delete_flow_logs, FlowLogId_1=physical_id),
    },
    # MiniStack does not support IPv6. It reports the same block for every VPC, see complete().
    "AWS::EC2::VPCCidrBlock": {
        "create": lambda _logical_id, props, _stack: (f"vpc-cidr-assoc-{props['VpcId']}", {}),
        "update": lambda physical_id, _old, _new, _stack: (physical_id, {}),
        "delete": lambda _physical_id, _props: None,
    },
}

_IPV6_BLOCK = "2600:1f18:1234:5600::/56"


def _with_ipv6(_physical_id, _props):
    return {"Ipv6CidrBlocks": [_IPV6_BLOCK]}


def _with_interfaces(endpoint_id, props):
    """An interface endpoint has a network interface in each of its subnets."""
    endpoint = ec2._vpc_endpoints[endpoint_id]
    if props.get("VpcEndpointType") != "Interface" or endpoint["NetworkInterfaceIds"]:
        return {"NetworkInterfaceIds": endpoint["NetworkInterfaceIds"]}
    groups = {f"SecurityGroupId_{i}": group for i, group in enumerate(props["SecurityGroupIds"], 1)}
    for subnet in props["SubnetIds"]:
        answer = call(ec2._create_network_interface, SubnetId=subnet, **groups)
        endpoint["NetworkInterfaceIds"].append(re.search(r"<networkInterfaceId>([^<]+)<", answer).group(1))
    return {"NetworkInterfaceIds": endpoint["NetworkInterfaceIds"]}


def _with_targets(target_group_arn, props):
    registered = [target["Id"] for target in alb._targets.get(target_group_arn, [])]
    targets = [(target["Id"], int(target["Port"])) for target in props.get("Targets", [])]
    alb.set_targets_for_group(target_group_arn, targets, registered)
    return {}


_LEFT_OUT = {
    "AWS::EC2::VPC": _with_ipv6,
    "AWS::EC2::VPCEndpoint": _with_interfaces,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _with_targets,
}


def complete(handlers):
    """Adds the missing parts to types that MiniStack has, after each creation and update."""
    for resource_type, complement in _LEFT_OUT.items():
        handlers[resource_type] = complemented(handlers[resource_type], complement)


def complemented(handler, complement):
    """A handler that also runs `complement` after each creation and update. It returns further attributes of the resource."""

    def create(logical_id, props, stack_name):
        physical_id, attributes = handler["create"](logical_id, props, stack_name)
        return physical_id, {**attributes, **complement(physical_id, props)}

    def update(physical_id, old_props, new_props, *context):
        new_id, attributes = handler["update"](physical_id, old_props, new_props, *context)
        return new_id, {**attributes, **complement(new_id, new_props)}

    return {**handler, "create": create, "update": update}
