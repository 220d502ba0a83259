"""Channels, which are dear to open: one for each target and its credentials."""

import asyncio
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import grpc
import grpc.aio

from django_socio_grpc.client.messages import Metadata, pairs
from django_socio_grpc.client.protos import Method

ChannelT = TypeVar("ChannelT", grpc.Channel, grpc.aio.Channel)
Options: TypeAlias = Sequence[tuple[str, Any]]
Credentials: TypeAlias = grpc.ChannelCredentials | grpc.CallCredentials | None


@dataclass(frozen=True, slots=True)
class Pooled(Generic[ChannelT]):
    """A channel, and grpc's callables on it by the paths of their methods."""

    channel: ChannelT
    callables: dict[Method, Any] = field(default_factory=dict)

    def callable(self, method: Method) -> Any:
        found = self.callables.get(method)
        if found is None:
            found = self.callables[method] = method.on(self.channel)
        return found


class Channels(Generic[ChannelT]):
    """The open channels of a client.

    ``owner`` of a channel is who may use it: a process, for a child that was forked must open
    its own, or an event loop. ``credentials`` are those of calls that name none.
    """

    def __init__(
        self, module: Any, options: Options | None, credentials: grpc.ChannelCredentials | None
    ) -> None:
        self._module = module
        self._options = list(options or ())
        self._credentials = credentials
        self._pools: dict[Any, dict[Any, Pooled[ChannelT]]] = {}
        self._lock = threading.Lock()

    def get(self, owner: Any, target: str, credentials: Credentials) -> Pooled[ChannelT]:
        """Return the channel of ``owner`` to ``target``, opened if there is none."""
        if not isinstance(credentials, grpc.ChannelCredentials):
            credentials = self._credentials
        key = target, credentials
        with self._lock:
            pool = self._pools.get(owner)
            if pool is None:
                pool = self._pools[owner] = {}
            if key not in pool:
                pool[key] = Pooled(self._open(target, credentials))
            return pool[key]

    def take(self, owner: Any) -> list[ChannelT]:
        """Forget the channels of ``owner``, and return them for the caller to close."""
        with self._lock:
            return [pooled.channel for pooled in self._pools.pop(owner, {}).values()]

    def owners(self) -> list[Any]:
        with self._lock:
            return list(self._pools)

    def _open(self, target: str, credentials: grpc.ChannelCredentials | None) -> ChannelT:
        if credentials is None:
            return self._module.insecure_channel(target, self._options)  # type: ignore[no-any-return]
        return self._module.secure_channel(  # type: ignore[no-any-return]
            target, credentials, self._options
        )


class SyncChannels(Channels[grpc.Channel]):
    """Channels that all threads of a process share."""

    def of(self, target: str, credentials: Credentials) -> Pooled[grpc.Channel]:
        return self.get(os.getpid(), target, credentials)

    def close(self) -> None:
        for channel in self.take(os.getpid()):
            channel.close()


class AioChannels(Channels[grpc.aio.Channel]):
    """Channels of event loops: no other loop than its own may use one."""

    def of(self, target: str, credentials: Credentials) -> Pooled[grpc.aio.Channel]:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._forget_closed_loops()
        return self.get(loop, target, credentials)

    async def close(self) -> None:
        self._forget_closed_loops()
        for channel in self.take(asyncio.get_running_loop()):
            await channel.close()

    def _forget_closed_loops(self) -> None:
        for loop in self.owners():
            if loop.is_closed():
                self.take(loop)  # a channel without a loop ends when nobody refers to it


def call_options(options: Mapping[str, Any]) -> tuple[Credentials, dict[str, Any], dict[str, Any]]:
    """Split what a caller has passed: credentials, the options of the call, fields.

    Those of a channel choose the channel, those of a call go with it.
    """
    fields = dict(options)
    credentials: Credentials = fields.pop("credentials", None)
    metadata: Metadata | None = fields.pop("metadata", None)
    given = {name: fields.pop(name) for name in CALL_OPTIONS if name in fields}
    given["metadata"] = pairs(metadata)
    if isinstance(credentials, grpc.CallCredentials):
        given["credentials"] = credentials
    return credentials, given, fields


CALL_OPTIONS = ("timeout", "wait_for_ready", "compression")
