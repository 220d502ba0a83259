"""Policies that do what real ones do, but for a query of their own."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated

TOKEN = "a-token-of-the-benchmark"
USER = User(pk=1, username="bench")


class ByToken(BaseAuthentication):
    def authenticate(self, request: Any) -> Any:
        if request.META.get("HTTP_AUTHORIZATION") != f"Bearer {TOKEN}":
            raise AuthenticationFailed("The token is wrong.")
        return USER, TOKEN


class Published(BaseFilterBackend):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset.filter(pub_date__isnull=False)


class HundredPerPage(PageNumberPagination):
    page_size = 100


class Guarded:
    """Base of a service with all of them."""

    authentication_classes = [ByToken]
    permission_classes = [IsAuthenticated]
    filter_backends = [Published]
    pagination_class = HundredPerPage
