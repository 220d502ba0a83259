"""No URLs: the project speaks gRPC."""

urlpatterns: list[object] = []
