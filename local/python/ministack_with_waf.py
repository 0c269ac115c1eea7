"""Starts MiniStack with the CloudFormation types of this stack that it lacks, and stops it when its parent is gone.

Each handler delegates to MiniStack's own WAF service where that has the operation. A type that MiniStack comes to know by
itself is left to it.
"""

import json
import os
import threading
import time

from ministack.app import main
from ministack.services import waf
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
    """MiniStack has no operation for logging: nothing is blocked in it, so nothing would be logged."""
    return props["ResourceArn"], {"ManagedByFirewallManager": "false"}


_MISSING = {
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
}

for resource_type, handler in _MISSING.items():
    _RESOURCE_HANDLERS.setdefault(resource_type, handler)


def _stop_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, 15)


threading.Thread(target=_stop_with_parent, args=(os.getppid(),), daemon=True).start()
main()
