"""Keys in the admin site: they are made, revoked and looked at, but never seen again."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html

from django_socio_grpc.apikeys.forms import APIKeyForm
from django_socio_grpc.apikeys.models import APIKey

MADE = """\
<p><strong>Copy it now: it is not stored, and no page shows it again.</strong></p>
<p><input type="text" readonly size="90" value="{}" aria-label="API key" autofocus></p>
<p><a href="..">All API keys</a></p>
"""


@admin.register(APIKey)
class APIKeyAdmin(ModelAdmin):
    """What is stored of the secret is on no page. The page that follows a key's making shows it:
    it is that answer alone, and neither in the session nor among the messages.
    """

    form = APIKeyForm
    list_display = ["name", "shown", "user", "state", "expires_at", "last_used_at", "created_at"]
    list_select_related = ["user"]
    list_filter = ["environment", "revoked_at", "expires_at"]
    search_fields = ["id", "name"]
    raw_id_fields = ["user"]
    readonly_fields = [
        "shown",
        "state",
        "created_at",
        "last_used_at",
        "revoked_at",
        "replaced_by",
    ]
    actions = ["revoke"]

    @admin.display(description="key", ordering="id")
    def shown(self, key: APIKey) -> str:
        return key.shown

    @admin.display
    def state(self, key: APIKey) -> str:
        return key.refusal or "ok"

    @admin.action(description="Revoke the selected API keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        keys = list(queryset)
        for key in keys:
            key.revoke()
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(keys)} revoked.")

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        fields = list(APIKeyForm.Meta.fields)
        return fields if obj is None else ["shown", "state", *fields, *self.readonly_fields[2:]]

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        text = obj.seal()
        obj.save(force_insert=True)
        # For the answer to this request, and gone with it.
        request.grpc_api_key = text  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"API key {obj.name}",
            "content": format_html(MADE, request.grpc_api_key),  # type: ignore[attr-defined]
        }
        # The base of all pages has a place for a content that needs no template of its own.
        response = TemplateResponse(request, "admin/base_site.html", context)
        add_never_cache_headers(response)
        return response
