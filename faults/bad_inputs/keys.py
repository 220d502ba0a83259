"""API keys that open nothing."""

import json
from collections.abc import Iterator

from faults.bad_inputs.expected import HELLO, echoed, seen
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.wire import Header, Wire

CASES = Cases()
KEYED = "/faulty.KeyedController/Echo"
ISSUE = """
import json
from datetime import timedelta
from django.utils import timezone
from django_socio_grpc.apikeys.models import APIKey

names = ("good", "expired", "revoked")
rows = {name: APIKey.objects.issue(name=name, scopes=["faulty.*"]) for name in names}
row = rows["expired"][0]
row.expires_at = timezone.now() - timedelta(days=1)
row.save()
rows["revoked"][0].revoke()
rows["narrow"] = APIKey.objects.issue(name="narrow", scopes=["other.*"])
print(json.dumps({name: key for name, (row, key) in rows.items()}))
"""


@CASES.add("28", "API keys that open nothing", "UNAUTHENTICATED, one text for all")
def keys(lab: Lab) -> Iterator[Seen]:
    server = lab.server
    issued: dict[str, str] = json.loads(server.program(ISSUE).splitlines()[-1])
    good = issued["good"]
    other = good.replace("_live_", "_test_")
    swapped = good[: len(good) // 2] + issued["narrow"][len(good) // 2 :]
    bad = {
        "empty": "",
        "100 characters": "x" * 100,
        "7 KB": "x" * 7000,
        "a wrong last character": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "cut": good[:-10],
        "of the other environment": other,
        "half of another": swapped,
        "expired": issued["expired"],
        "revoked": issued["revoked"],
        "a homoglyph": good.replace("_", "\uff3f"),
        "twice": f"{good},{good}",
    }
    texts = set()
    for what, key in bad.items():
        for header in (("x-api-key", key), ("authorization", f"Api-Key {key}")):
            with Wire(server.target) as wire:
                answer = wire.ask(KEYED, HELLO, headers=[header])
            # No text but ASCII is metadata: C-core need not let it through to anyone.
            also = ("INTERNAL", "RST_STREAM 1") if what == "a homoglyph" else ()
            yield seen(f"{what}, {header[0]}", answer, "UNAUTHENTICATED", *also)
            # An empty one is none, which another text may say.
            texts |= {answer.message} if what != "empty" and answer.status == 16 else set()
    yield Seen(what="texts", outcome=f"{len(texts)} text", ok=len(texts) == 1)
    with Wire(server.target) as wire:
        narrow = wire.ask(KEYED, HELLO, headers=[("x-api-key", issued["narrow"])])
        yield seen("of another scope", narrow, "PERMISSION_DENIED")
        both: list[Header] = [("authorization", f"Api-Key {good}")] * 2
        yield seen("authorization twice", wire.ask(KEYED, HELLO, headers=both), "UNAUTHENTICATED")
        both = [("x-api-key", good), ("authorization", f"Api-Key {issued['revoked']}")]
        yield seen("two keys", wire.ask(KEYED, HELLO, headers=both), "UNAUTHENTICATED")
        yield echoed("the good one", wire.ask(KEYED, HELLO, headers=[("x-api-key", good)]))
