"""Serves moto at a port, with connections that stay open: its own server closes each after one answer."""

import os
import sys
from functools import cache
from uuid import uuid4

# No test looks at a machine image, and to load them all after each reset takes longer than the rest of a test.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from moto import backends
from moto.core import responses
from moto.core.resource_tagging import TaggedResource
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.resourcegroupstaggingapi import models as tagging
from moto.wafv2.models import wafv2_backends
from moto.wafv2.models import FakeIPSet
from waitress import serve

# moto looks for them in its own folder at each call.
_modules = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: _modules

# moto lists the methods of a service's class anew at each call, which takes a tenth of it.
responses.method_names_from_class = cache(responses.method_names_from_class)


class _TaggedIpSets:
    """The IP sets of an account, for moto's tagging API, which does not know WAF."""

    def __init__(self, account_id, region_name):
        regions = [region_name, "global"] if region_name == "us-east-1" else [region_name]
        self.backends = [wafv2_backends[account_id][region] for region in regions]

    def iter_tagged_resources(self):
        for backend in self.backends:
            for arn in backend.ip_sets:
                tags = backend.tagging_service.get_tag_dict_for_resource(arn)
                yield TaggedResource(arn=arn, tags=tags, resource_type="wafv2:ipset")


_backends = tagging.iter_taggable_backends


def _backends_with_waf(account_id, region_name):
    yield from _backends(account_id, region_name)
    yield _TaggedIpSets(account_id, region_name)


tagging.iter_taggable_backends = _backends_with_waf

# moto's lock tokens are parts of UUIDs, and AWS takes nothing but whole ones.
FakeIPSet.lock_token = property(
    lambda ip_set: ip_set.__dict__["lock_token"],
    lambda ip_set, _part: ip_set.__dict__.update(lock_token=str(uuid4())),
)

serve(
    DomainDispatcherApplication(create_backend_app),
    host="127.0.0.1",
    port=int(sys.argv[1]),
    threads=8,
    # Each client of a test keeps connections open: at the default of 100 no more would be let in, and all would wait for ever.
    connection_limit=10_000,
    asyncore_use_poll=True,
    # Longer than any test: a connection that closes while a call is sent on it looks like a fault that nobody injected.
    channel_timeout=24 * 60 * 60,
)
