"""What the commands settle before they serve: the mode, and the port where nobody names one."""

import socket
from pathlib import Path

from django_socio_grpc.testing import Mode
from project import COMMANDS, Project

BY_MODE = """
    from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
    from django_socio_grpc.settings import grpc_settings
    from plays import services

    urlpatterns = []
    services.WORD = f"imported with {grpc_settings.GRPC_ASYNC}"


    def grpc_handlers(server):
        assert services.WORD.endswith(str(grpc_settings.GRPC_ASYNC))
        AppHandlerRegistry("plays", server).register(services.PlayService)
"""


def test_the_handlers_may_decide_by_the_mode_when_they_are_imported(
    mode: Mode, tmp_path: Path
) -> None:
    """Whatever the settings say: the command decides, and it has decided by then."""
    project = Project.make(tmp_path)
    project.write({"handlers.py": BY_MODE})
    project.edit(
        "settings.py", '"ENABLE_HEALTH', f'"GRPC_ASYNC": {mode == "sync"}, "ENABLE_HEALTH'
    )
    with project.serve(mode) as program, program.stub() as stub:
        assert stub.Say().text == f"imported with {mode == 'aio'}"


def test_the_port_of_the_settings(mode: Mode, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    project = Project.make(tmp_path)
    project.edit(
        "settings.py",
        '"ENABLE_HEALTH',
        f'"GRPC_HOST": "127.0.0.1", "GRPC_CHANNEL_PORT": {port}, "ENABLE_HEALTH',
    )
    with project.popen(COMMANDS[mode]) as process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if "Listening on" in line)
        assert next(lines).strip() == f"Listening on 127.0.0.1:{port}"
        process.terminate()
        process.communicate(timeout=30)
