"""The form of a key in the admin."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.scopes import read_scopes
from django_socio_grpc.rates import read_rate


class ScopesField(forms.CharField):
    """A pattern in each line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        try:
            return read_scopes(super().clean(value).split())
        except ValueError as exc:
            raise ValidationError(str(exc)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class APIKeyForm(forms.ModelForm):
    scopes = ScopesField(
        required=False,
        help_text="What it may call, one in each line: questions.QuestionController.List, "
        "questions.*, or * for all. Without any, nothing.",
    )

    class Meta:
        model = APIKey
        fields = ["name", "user", "scopes", "rate", "expires_at"]

    def clean_rate(self) -> str:
        rate: str = self.cleaned_data["rate"]
        try:
            if rate:
                read_rate(rate)
        except ValueError as exc:
            raise ValidationError(str(exc)) from None
        return rate
