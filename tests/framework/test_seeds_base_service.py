"""The services of the async-support document word for word, in a project.

Put right: the import path of ``BaseService``, and the imports that the document leaves out. The
contract is written by hand, as the document's services need it: they declare no messages.
"""

import pytest
from django_socio_grpc.testing import Mode
from project import FILES, Project

SETTINGS = """
    from pathlib import Path

    SECRET_KEY = "for tests only"
    INSTALLED_APPS = ["django_socio_grpc", "api"]
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(__file__).with_name("db.sqlite3"),
            "OPTIONS": {"timeout": 20},
        }
    }
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    GRPC_FRAMEWORK = {
        "ROOT_HANDLERS_HOOK": "api.handlers.grpc_handlers",
        "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.ByName"],
    }
"""
MODELS = """
    from django.db import models


    class User(models.Model):
        name = models.CharField(max_length=100)
        is_authenticated = True


    class Event(models.Model):
        user_id = models.IntegerField()
        type = models.CharField(max_length=20)
        data = models.TextField()


    class Log(models.Model):
        message = models.TextField()
        level = models.CharField(max_length=10)


    class Message(models.Model):
        text = models.TextField()
        user_id = models.IntegerField()
"""
AUTHENTICATION = """
    from api.models import User


    class ByName:
        def authenticate(self, context):
            name = context.META.get("HTTP_X_NAME")
            return name and (User.objects.get(name=name), None)
"""
PROTO = """
    syntax = "proto3";

    package api;

    service UserService {
        rpc GetUser(UserRequest) returns (UserResponse) {}
        rpc StreamUsers(UserRequest) returns (stream UserResponse) {}
    }

    service EventService {
        rpc StreamEvents(EventRequest) returns (stream EventResponse) {}
    }

    service LogService {
        rpc UploadLogs(stream LogEntry) returns (UploadResponse) {}
    }

    service ChatService {
        rpc Chat(stream ChatMessage) returns (stream ChatResponse) {}
    }

    message UserRequest { int64 user_id = 1; }
    message UserResponse { int64 id = 1; string name = 2; }
    message EventRequest { int64 user_id = 1; }
    message EventResponse { int64 id = 1; string type = 2; string data = 3; }
    message LogEntry { string message = 1; string level = 2; }
    message UploadResponse { int32 logs_received = 1; }
    message ChatMessage { string text = 1; int64 user_id = 2; }
    message ChatResponse { string text = 1; int64 timestamp = 2; }
"""
IMPORTS = """
    import asyncio
    import time
    from api.grpc.api_pb2 import (
        ChatResponse, EventResponse, UploadResponse, UserResponse
    )
    from api.models import Event, Log, Message, User
"""
USER_SERVICE = """
    import asyncio
    from django_socio_grpc.services import BaseService

    class UserService(BaseService):
        async def GetUser(self, request, context):
            # Async method
            user = self.require_user(context)

            # Wrap Django ORM in asyncio.to_thread
            db_user = await asyncio.to_thread(
                User.objects.get,
                id=request.user_id
            )

            return UserResponse(id=db_user.id, name=db_user.name)

        async def StreamUsers(self, request, context):
            # Server-side streaming
            users = await asyncio.to_thread(
                lambda: list(User.objects.all()[:100])
            )

            for user in users:
                yield UserResponse(id=user.id, name=user.name)
                await asyncio.sleep(0)  # Yield control to event loop
"""
SYNC_USER_SERVICE = """
    class SyncUserService(UserService):
        service_name = "UserService"

        def GetUser(self, request, context):
            # Standard sync code - works on async server
            user = self.require_user(context)
            db_user = User.objects.get(id=request.user_id)
            return UserResponse(id=db_user.id, name=db_user.name)
"""
STREAMS = '''
    class EventService(BaseService):
        async def StreamEvents(self, request, context):
            """Stream events to client."""
            while not context.cancelled():
                # Get events from DB
                events = await asyncio.to_thread(
                    lambda: Event.objects.filter(user_id=request.user_id)[:10]
                )

                for event in events:
                    yield EventResponse(
                        id=event.id,
                        type=event.type,
                        data=event.data,
                    )

                await asyncio.sleep(1)  # Stream every 1 second

    class LogService(BaseService):
        async def UploadLogs(self, request_iterator, context):
            """Receive stream of logs from client."""
            count = 0
            async for log_entry in request_iterator:
                # Process each log entry
                await asyncio.to_thread(
                    Log.objects.create,
                    message=log_entry.message,
                    level=log_entry.level,
                )
                count += 1

            return UploadResponse(logs_received=count)

    class ChatService(BaseService):
        async def Chat(self, request_iterator, context):
            """Bidirectional chat stream."""
            async for message in request_iterator:
                # Process incoming message
                await asyncio.to_thread(
                    Message.objects.create,
                    text=message.text,
                    user_id=message.user_id,
                )

                # Send response
                yield ChatResponse(
                    text=f"Received: {message.text}",
                    timestamp=int(time.time()),
                )
'''
HANDLERS = """
    from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
    from api import services

    def grpc_handlers(server):
        registry = AppHandlerRegistry("api", server, disable_proto_generation=True)
        registry.register(services.USER_SERVICE)
        registry.register(services.EventService)
        registry.register(services.LogService)
        registry.register(services.ChatService)
"""
CLIENT = """
    import grpc
    from api.grpc import api_pb2 as pb, api_pb2_grpc as rpc

    with grpc.insecure_channel("TARGET") as channel:
        users = rpc.UserServiceStub(channel)
        try:
            users.GetUser(pb.UserRequest(user_id=1), timeout=10)
        except grpc.RpcError as error:
            print(error.code().name)
        known = [("x-name", "Ada")]
        print(users.GetUser(pb.UserRequest(user_id=1), metadata=known, timeout=10).name)
        print([user.name for user in users.StreamUsers(pb.UserRequest(), timeout=10)])
        events = rpc.EventServiceStub(channel).StreamEvents(pb.EventRequest(user_id=1), timeout=10)
        print([next(events).type for _ in range(2)])  # the second comes a second later
        events.cancel()
        logs = (pb.LogEntry(message=str(number), level="INFO") for number in range(50))
        print(rpc.LogServiceStub(channel).UploadLogs(logs, timeout=10).logs_received)
        words = (pb.ChatMessage(text=text, user_id=1) for text in ("hello", "bye"))
        print([reply.text for reply in rpc.ChatServiceStub(channel).Chat(words, timeout=10)])
"""
ANSWERS = [
    "UNAUTHENTICATED",
    "Ada",
    "['Ada']",
    "['login', 'login']",
    "50",
    "['Received: hello', 'Received: bye']",
]
FILL = """
    import os, django
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()
    from api.models import Event, User

    User.objects.create(name="Ada")
    Event.objects.create(user_id=1, type="login", data="{}")
"""


@pytest.fixture(scope="module", params=["UserService", "SyncUserService"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    services = [IMPORTS, USER_SERVICE, SYNC_USER_SERVICE, STREAMS]
    project.write(
        {
            "settings.py": SETTINGS,
            "manage.py": FILES["manage.py"],
            "fill.py": FILL,
            "api/__init__.py": "",
            "api/models.py": MODELS,
            "api/authentication.py": AUTHENTICATION,
            "api/handlers.py": HANDLERS.replace("USER_SERVICE", request.param),
            "api/grpc/__init__.py": "",
            "api/grpc/api.proto": PROTO,
            "api/services.py": "\n".join(services),
        },
    )
    outs = ["--python_out=.", "--grpc_python_out=."]
    project.script("-m", "grpc_tools.protoc", "-I.", *outs, "api/grpc/api.proto")
    project.script("manage.py", "migrate", "--run-syncdb")
    project.script("fill.py")
    return project


def test_services(project: Project, mode: Mode) -> None:
    with project.serve(mode) as server:
        project.write({"client.py": CLIENT.replace("TARGET", server.target)})
        assert project.script("client.py").splitlines() == ANSWERS
        server.send()
        assert server.ends() == 0
