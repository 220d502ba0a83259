"""Channels of a client: few, kept, closed, and nobody's but their owner's."""

import asyncio
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from declared import Contract
from django_socio_grpc import client
from django_socio_grpc.client import Client, SyncClient
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.testing import Mode, RunningServer, serve
from talks import AsyncTalk

CONTRACT = Contract(AsyncTalk)


@pytest.fixture
def server(mode: Mode) -> Iterator[RunningServer]:
    with serve(mode, CONTRACT.hook) as running:
        yield running


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The channels that are opened, each as its target and credentials."""
    channels: list[Any] = []

    for module in (grpc, grpc.aio):
        for name in ("insecure_channel", "secure_channel"):
            original = getattr(module, name)

            def record(target: str, *args: Any, original: Any = original) -> Any:
                channel = original(target, *args)
                channels.append(channel)
                return channel

            monkeypatch.setattr(module, name, record)
    return channels


def test_one_channel_for_all_calls_to_a_target(server: RunningServer, opened: list[Any]) -> None:
    async def main() -> None:
        async with Client() as aio:
            talk = aio.protos(CONTRACT.file).TalkController
            for _ in range(3):
                await talk.Say(server.target, text="a")
            await talk.Sum(server.target, [{"count": 1}])
            other = aio.protos(CONTRACT.file).TalkController
            await other.Say(server.target, text="a")

    asyncio.run(main())
    assert len(opened) == 1
    with SyncClient() as sync:
        talk = sync.protos(CONTRACT.file).TalkController
        calls = [threading.Thread(target=talk.Say, args=(server.target,)) for _ in range(8)]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        assert len(opened) == 2
        talk.Say(server.target.replace("127.0.0.1", "localhost"), text="a")
        assert len(opened) == 3


class Mood(grpc.AuthMetadataPlugin):
    def __call__(self, context: Any, callback: grpc.AuthMetadataPluginCallback) -> None:
        callback((("x-mood", "!"),), None)


def test_credentials_have_channels_of_their_own(server: RunningServer, opened: list[Any]) -> None:
    local, tls = grpc.local_channel_credentials(), grpc.ssl_channel_credentials()
    with SyncClient() as sync:
        say = sync.protos(CONTRACT.file).TalkController.Say
        for _ in range(2):
            assert say(server.target, text="a").text == "a"
            assert say(server.target, text="a", credentials=local).text == "a"
            with pytest.raises(grpc.RpcError):  # the server speaks no TLS
                say(server.target, text="a", credentials=tls, timeout=0.2)
    assert len(opened) == 3


def test_credentials_of_a_client_and_of_a_call(server: RunningServer, opened: list[Any]) -> None:
    mood = grpc.metadata_call_credentials(Mood())
    with SyncClient(credentials=grpc.local_channel_credentials()) as sync:
        say = sync.protos(CONTRACT.file).TalkController.Say
        assert say(server.target, text="a").text == "a"
        assert say(server.target, text="a", credentials=mood).text == "a!"
    assert len(opened) == 1


def test_options_reach_the_channel(server: RunningServer) -> None:
    with SyncClient(options=[("grpc.max_send_message_length", 100)]) as sync:
        say = sync.protos(CONTRACT.file).TalkController.Say
        with pytest.raises(grpc.RpcError) as caught:
            say(server.target, text="a" * 200)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_loop_after_another(server: RunningServer) -> None:
    """A channel belongs to its loop, and so one that is kept beyond it can never be used."""
    aio = Client()
    talk = aio.protos(CONTRACT.file).TalkController

    async def main() -> str:
        text: str = (await talk.Say(server.target, text="hi")).text
        return text

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [asyncio.run(main()) for _ in range(3)] == ["hi"] * 3
        asyncio.run(aio.close())


def test_loops_at_the_same_time(server: RunningServer) -> None:
    talk = Client().protos(CONTRACT.file).TalkController
    replies: list[str] = []

    async def main() -> None:
        for _ in range(20):
            replies.append((await talk.Say(server.target, text="hi")).text)

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == ["hi"] * 60


def test_a_closed_client_opens_again(server: RunningServer, opened: list[Any]) -> None:
    async def main() -> None:
        aio = Client()
        talk = aio.protos(CONTRACT.file).TalkController
        for _ in range(2):
            assert (await talk.Say(server.target, text="hi")).text == "hi"
            await aio.close()

    asyncio.run(main())
    sync = SyncClient()
    talk = sync.protos(CONTRACT.file).TalkController
    for _ in range(2):
        assert talk.Say(server.target, text="hi").text == "hi"
        sync.close()
    assert len(opened) == 4


PROGRAM = """
import asyncio, os, sys
from django_socio_grpc import client
target, contract, fork = sys.argv[1:]

async def main():
    protos = client.protos(contract)
    print((await protos.TalkController.Say(target, text="async")).text, flush=True)

if not fork:
    asyncio.run(main())
protos = client.sync.protos(contract)
print(protos.TalkController.Say(target, text="sync").text, flush=True)
if fork:
    child = os.fork()
    if not child:
        print(protos.TalkController.Say(target, text="child", timeout=10).text, flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print(protos.TalkController.Say(target, text="parent").text, flush=True)
"""


def run_program(
    server: RunningServer, folder: Path, fork: str
) -> "subprocess.CompletedProcess[str]":
    path = folder / "talk.proto"
    path.write_text(render(assign(app_spec("tests", [AsyncTalk]), None)))
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", PROGRAM, server.target, str(path), fork],
        env={
            "PYTHONPATH": str(Path(client.__file__).parents[2]),
            "GRPC_ENABLE_FORK_SUPPORT": "1",
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_program_that_closes_nothing_ends_well(server: RunningServer, tmp_path: Path) -> None:
    done = run_program(server, tmp_path, fork="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "async\nsync\n", "")


def test_a_forked_process_opens_its_own(server: RunningServer, tmp_path: Path) -> None:
    done = run_program(server, tmp_path, fork="1")
    assert (done.returncode, done.stdout) == (0, "sync\nchild\nparent\n"), done.stderr
