"""API keys: an app with a model, an authenticator, a permission, a throttle, and commands.

Add ``"django_socio_grpc.apikeys"`` to INSTALLED_APPS. Nothing here is imported by other packages
but ``known``, which needs no model.
"""
