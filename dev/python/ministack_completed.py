"""Starts MiniStack with the CloudFormation features that this stack needs and MiniStack lacks. Stops it when its parent ends.

Each handler delegates to MiniStack's services where they have the operation. Types that the installed version of MiniStack
supports are not replaced.
"""

import json
import os
import threading
import time

import network_types
from ministack.app import main
from ministack.services import apigateway_v1, eventbridge, s3, scheduler, tagging, waf
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS


def _call(operation, data):
    status, _headers, body = operation(data)
    if status >= 400:
        raise ValueError(json.loads(body).get("message", body))


def _associate(_logical_id, props, _stack_name):
    _call(waf._associate_web_acl, {"WebACLArn": props["WebACLArn"], "ResourceArn": props["ResourceArn"]})
    return f"{props['WebACLArn']}|{props['ResourceArn']}", {}


def _update_association(_physical_id, old_props, new_props, stack_name):
    _disassociate(None, old_props)
    return _associate(None, new_props, stack_name)


def _disassociate(_physical_id, props):
    _call(waf._disassociate_web_acl, {"ResourceArn": props["ResourceArn"]})


def _log_web_acl(_logical_id, props, _stack_name):
    """MiniStack has no operation for logging. It blocks no requests, so there would be nothing to log."""
    return props["ResourceArn"], {"ManagedByFirewallManager": "false"}


def _archive_request(props, name):
    pattern = props.get("EventPattern")
    return {
        "ArchiveName": name,
        "EventSourceArn": props["SourceArn"],
        "Description": props.get("Description", ""),
        "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern or {}),
        "RetentionDays": int(props.get("RetentionDays", 0)),
    }


def _archive(logical_id, props, stack_name):
    name = props.get("ArchiveName") or f"{stack_name}-{logical_id}"[:48]
    _call(eventbridge._create_archive, _archive_request(props, name))
    archive = eventbridge._archives[name]
    return name, {"ArchiveName": name, "Arn": archive["ArchiveArn"]}


def _update_archive(physical_id, _old_props, new_props, _stack_name):
    _call(eventbridge._update_archive, _archive_request(new_props, physical_id))
    return physical_id, {"ArchiveName": physical_id, "Arn": eventbridge._archives[physical_id]["ArchiveArn"]}


def _delete_archive(physical_id, _props):
    _call(eventbridge._delete_archive, {"ArchiveName": physical_id})


def _keep_query(_logical_id, props, stack_name):
    """MiniStack runs queries, but does not store them. The text of a saved query is in the template."""
    return f"{stack_name}/{props['Name']}", {}


_MISSING = {
    "AWS::Logs::QueryDefinition": {
        "create": _keep_query,
        "update": lambda physical_id, _old, _new, _stack: (physical_id, {}),
        "delete": lambda _physical_id, _props: None,
    },
    "AWS::Events::Archive": {
        "create": _archive,
        "update": _update_archive,
        "delete": _delete_archive,
    },
    "AWS::WAFv2::WebACLAssociation": {
        "create": _associate,
        "update": _update_association,
        "delete": _disassociate,
    },
    "AWS::WAFv2::LoggingConfiguration": {
        "create": _log_web_acl,
        "update": lambda physical_id, _old, _new, _stack: (physical_id, {}),
        "delete": lambda _physical_id, _props: None,
    },
    **network_types.MISSING,
}

for resource_type, handler in _MISSING.items():
    _RESOURCE_HANDLERS.setdefault(resource_type, handler)
network_types.complete(_RESOURCE_HANDLERS)


def _with_tags(bucket, props):
    """MiniStack drops a bucket's tags, and CDK empties a bucket only if it still carries CDK's tag."""
    s3._bucket_tags[bucket] = {tag["Key"]: tag["Value"] for tag in props.get("Tags", [])}
    return {}


_RESOURCE_HANDLERS["AWS::S3::Bucket"] = network_types.complemented(_RESOURCE_HANDLERS["AWS::S3::Bucket"], _with_tags)


def _first_of_computed(alarm):
    """MiniStack has no metric math. An alarm on an expression watches the first metric of the expression instead."""
    create, update = alarm["create"], alarm["update"]

    def looking_at_first(props):
        metrics = [metric["MetricStat"] for metric in props.get("Metrics", []) if "MetricStat" in metric]
        if not metrics:
            return props
        rest = {key: value for key, value in props.items() if key != "Metrics"}
        return {**rest, **metrics[0]["Metric"], "Period": metrics[0]["Period"], "Statistic": metrics[0]["Stat"]}

    def create_alarm(logical_id, props, stack_name):
        return create(logical_id, looking_at_first(props), stack_name)

    def update_alarm(physical_id, old_props, new_props, *rest):
        return update(physical_id, looking_at_first(old_props), looking_at_first(new_props), *rest)

    alarm.update(create=create_alarm, update=update_alarm)


_first_of_computed(_RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"])


_view_of_api = apigateway_v1._rest_api_view


def _api_as_answered(api):
    """MiniStack keeps the spelling of a template's endpoint types, and a patched flag as text."""
    view = _view_of_api(api)
    endpoint = {key[:1].lower() + key[1:]: value for key, value in (view.get("endpointConfiguration") or {}).items()}
    disabled = str(view.get("disableExecuteApiEndpoint")).lower() == "true"
    return {**view, "endpointConfiguration": endpoint, "disableExecuteApiEndpoint": disabled}


apigateway_v1._rest_api_view = _api_as_answered


def _spell_as_the_api(value):
    """CloudFormation has Arn where WAF's API has ARN. MiniStack does not convert it, and the SDKs ignore Arn."""
    if isinstance(value, list):
        return [_spell_as_the_api(item) for item in value]
    if isinstance(value, dict):
        return {"ARN" if key == "Arn" else key: _spell_as_the_api(inner) for key, inner in value.items()}
    return value


def _rules_as_the_api(web_acl):
    create, update = web_acl["create"], web_acl["update"]

    def spelled(props):
        return {**props, "Rules": _spell_as_the_api(props.get("Rules", []))}

    def create_spelled(logical_id, props, stack_name):
        return create(logical_id, spelled(props), stack_name)

    def update_spelled(physical_id, old_props, new_props, *rest):
        return update(physical_id, spelled(old_props), spelled(new_props), *rest)

    web_acl.update(create=create_spelled, update=update_spelled)


_rules_as_the_api(_RESOURCE_HANDLERS["AWS::WAFv2::WebACL"])


def _answer_without_web_acl():
    """For a resource without a web ACL, WAF's answer has no web ACL. MiniStack answers that the resource does not exist."""
    with_web_acl = waf._get_web_acl_for_resource

    def get_web_acl_for_resource(data):
        if data.get("ResourceArn", "") in waf._associations:
            return with_web_acl(data)
        return waf.json_response({})

    waf._get_web_acl_for_resource = get_web_acl_for_resource


_answer_without_web_acl()


def _fire_no_schedule():
    """A scheduled run between two steps of a demo or a test would change what they find. MiniStack fires schedules at the wall clock."""
    scheduler._tick_schedules = lambda: None


_fire_no_schedule()


def _tagged_in_waf():
    """MiniStack's tagging API does not support WAF."""
    yield from waf._waf_tags.items()


tagging._COLLECTORS["wafv2"] = _tagged_in_waf


def _stop_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, 15)


threading.Thread(target=_stop_with_parent, args=(os.getppid(),), daemon=True).start()
main()
