"""The "ideal" client of the gRPC AsyncIO API document against each handler style, on both servers.

Its ``send`` and ``receive`` are as the document has them, and ``grpc`` is
``django_socio_grpc.client``: ``client.protos(...)``, ``client.EOF``.
"""

import asyncio
import threading
from pathlib import Path
from typing import Any

from declared import Contract
from django_socio_grpc import client as ideal
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.testing import Mode, serve
from greeters import REPLIES, WORDS, Greeter, greeters


def load_protos(sync: bool, greeter: type[Greeter], folder: Path) -> Any:
    """What the document's ``grpc.proto('helloworld.proto')`` gives."""
    path = folder / "helloworld.proto"
    path.write_text(render(assign(app_spec("tests", [greeter]), None)))
    return (ideal.sync if sync else ideal).protos(str(path))


@greeters
def test_ideal_unary(mode: Mode, greeter: type[Greeter], tmp_path: Path) -> None:
    helloworld_protos = load_protos(False, greeter, tmp_path)
    request = helloworld_protos.GreeterHiRequest(text="you")

    async def main(target: str) -> str:
        response = await helloworld_protos.Hi(target, request)
        await ideal.close()
        text: str = response.text
        return text

    with serve(mode, Contract(greeter).hook) as running:
        assert asyncio.run(main(running.target)) == "Hi you"
        sync_protos = load_protos(True, greeter, tmp_path)
        assert sync_protos.Hi(running.target, request).text == "Hi you"
        ideal.sync.close()


@greeters
def test_ideal_stream(mode: Mode, greeter: type[Greeter], tmp_path: Path) -> None:
    helloworld_protos = load_protos(False, greeter, tmp_path)
    replies = []

    def process(response: Any) -> None:
        replies.append(response.text)

    async def main(target: str) -> None:
        call = await helloworld_protos.StreamingHi(target)

        # In sending thread
        async def send() -> None:
            for text in WORDS:
                proto_message = helloworld_protos.GreeterStreamingHiRequest(text=text)
                await call.send(proto_message)
            await call.done_writing()

        sending = asyncio.create_task(send())

        # In receiving thread
        try:
            while True:
                response = await call.receive()
                process(response)
        except ideal.EOF:
            pass
        await sending
        await ideal.close()

    with serve(mode, Contract(greeter).hook) as running:
        asyncio.run(main(running.target))
    assert replies == REPLIES


@greeters
def test_ideal_stream_without_await(mode: Mode, greeter: type[Greeter], tmp_path: Path) -> None:
    helloworld_protos = load_protos(True, greeter, tmp_path)
    replies = []
    with serve(mode, Contract(greeter).hook) as running:
        call = helloworld_protos.StreamingHi(running.target)

        # In sending thread
        def send() -> None:
            for text in WORDS:
                call.send(text=text)
            call.done_writing()

        sending_thread = threading.Thread(target=send)
        sending_thread.start()

        # In receiving thread
        try:
            while True:
                replies.append(call.receive().text)
        except ideal.EOF:
            pass
        sending_thread.join()
        ideal.sync.close()
    assert replies == REPLIES
