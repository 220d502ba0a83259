"""What is served over HTTP: the admin site. gRPC services are registered in ``handlers.py``."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
