"""No URLs: the tests speak gRPC."""

urlpatterns: list[object] = []
