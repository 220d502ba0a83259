"""What `config/handlers.py` serves: one contract in both modes, and it is the committed one."""

from io import StringIO

from django.core.management import call_command


def test_both_modes_declare_the_committed_contract() -> None:
    out = StringIO()
    call_command("generateproto", check=True, stdout=out)
    assert "up to date" in out.getvalue()
