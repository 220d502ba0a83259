"""Replies that are kept in Django's cache: decorators of unary actions.

A reply is kept for those callers alone who would get the same: the key holds the request, the
filters and the page, the user or what a caller whom nobody knows brings, the language and the time
zone, and the metadata that ``vary_on_metadata`` names. Authentication, permissions and throttles
run before the cache is asked, as for any call.
"""

from django_socio_grpc.caching.endpoints import (
    cache_endpoint,
    cache_endpoint_with_deleter,
    vary_on_metadata,
)

__all__ = ["cache_endpoint", "cache_endpoint_with_deleter", "vary_on_metadata"]
