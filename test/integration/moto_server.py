"""Serves moto at a port, with connections that stay open: its own server closes each after one answer."""

import os
import sys
from functools import cache

# No test looks at a machine image, and to load them all after each reset takes longer than the rest of a test.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from moto import backends
from moto.core import responses
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from waitress import serve

# moto looks for them in its own folder at each call.
_modules = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: _modules

# moto lists the methods of a service's class anew at each call, which takes a tenth of it.
responses.method_names_from_class = cache(responses.method_names_from_class)

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
