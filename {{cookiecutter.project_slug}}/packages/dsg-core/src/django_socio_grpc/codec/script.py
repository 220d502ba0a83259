"""The code that reads rows into messages, written for the parts of one plan.

``Script.text`` is what is run, and what a traceback and a debugger show:

    def values(row, zone, bound):
        v0 = row.id
        v1 = row.pub_date
        if v1 is not None:
            v1 = convert1(v1, zone)
        return {'id': v0, 'pub_date': v1}
"""

import keyword
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.manager import BaseManager

from django_socio_grpc.codec.oneofs import choose
from django_socio_grpc.codec.parts import Attribute, Bound, Computed, Nested, Part, bind_of
from django_socio_grpc.schema.texts import InTimeZone
from django_socio_grpc.schema.values import unchanged

# What a row raises whose attributes are not of the fields' own types, so that DRF has to decide.
UNPLANNED = (TypeError, ValueError, AttributeError, ObjectDoesNotExist)


class Script:
    """Two functions, ``values`` and ``extend``, compiled from what they are to read.

    ``values(row, zone, bound)`` gives the keyword arguments of a message.
    ``extend(rows, messages, zone, bound, unplanned)`` adds a message for each row, which is that
    of ``unplanned(row)`` where the row's values do not fit.

    A row is an instance, or, with ``at``, a sequence that has at each number there the value of
    an attribute. No text gets into the code but names that Python takes as such.
    """

    def __init__(
        self,
        title: str,
        parts: Sequence[Part],
        oneofs: Sequence[tuple[str, ...]],
        at: Mapping[str, int] | None = None,
    ) -> None:
        self._at = at
        self._names: dict[str, Any] = {
            "UNPLANNED": UNPLANNED,
            "BaseManager": BaseManager,
            "choose": choose,
            "oneofs": oneofs,
        }
        self.text = "\n".join(self._lines(parts, bool(oneofs))) + "\n"
        file = f"<{title}>"
        lines = self.text.splitlines(keepends=True)
        linecache.cache[file] = (len(self.text), None, lines, file)
        exec(compile(self.text, file, "exec"), self._names)
        self.values: Callable[..., dict[str, Any]] = self._names["values"]
        self.extend: Callable[..., None] = self._names["extend"]

    def _lines(self, parts: Sequence[Part], has_oneofs: bool) -> Iterator[str]:
        body = [line for number, part in enumerate(parts) for line in self._part(number, part)]
        bound = [f"bound{number}, " for number, part in enumerate(parts) if bind_of(part)]
        unpack = [f"({''.join(bound)}) = bound"] if bound else []
        names = [part.name for part in parts]
        values = ", ".join(f"{name!r}: v{number}" for number, name in enumerate(names))
        if has_oneofs:
            body += [f"values = {_dict(values)}", "choose(values, oneofs)"]
            values, arguments = "values", "**values"
        else:
            values, arguments = _dict(values), _arguments(names)
        yield "def values(row, zone, bound):"
        yield from _indented(1, [*unpack, *body, f"return {values}"])
        yield "def extend(rows, messages, zone, bound, unplanned):"
        yield from _indented(1, ["add = messages.add", *unpack])
        yield "    for row in rows:"
        yield "        try:"
        yield from _indented(3, [*body, f"add({arguments})"])
        yield "        except UNPLANNED:"  # nothing is added then
        yield "            messages.append(unplanned(row))"

    def _part(self, number: int, part: Part) -> Iterator[str]:
        value = f"v{number}"
        match part:
            case Attribute(path=path, optional=optional, convert=convert, nulls=nulls):
                yield from self._read(number, path, optional)
                yield from self._converted(number, convert, nulls)
            case Nested(path=path, optional=optional, many=many, values=values):
                own = self._name("values", number, values)
                bound = f"bound{number}" if part.bind else "()"
                yield from self._read(number, path, optional)
                if many:
                    yield f"if isinstance({value}, BaseManager):"
                    yield f"    {value} = {value}.all()"
                yield f"if {value} is not None:"
                if many:
                    yield f"    {value} = [{own}(item, zone, {bound}) for item in {value}]"
                else:
                    yield f"    {value} = {own}({value}, zone, {bound})"
            case Computed(plain=Attribute() as plain) if self._at is not None:
                yield from self._part(number, plain)
            case Computed(read=read):
                yield f"{value} = {self._name('read', number, read)}(row)"
            case Bound():
                yield f"{value} = bound{number}(row)"

    def _read(self, number: int, path: str, optional: bool) -> Iterator[str]:
        value, steps = f"v{number}", path.split(".") if path else []
        if self._at is not None:
            yield f"{value} = row[{self._at[path]:d}]"
        elif not all(map(_is_name, steps)):
            yield f"{value} = {self._name('get', number, attrgetter(path))}(row)"
        elif optional and steps:
            yield f"{value} = row.{steps[0]}"
            for step in steps[1:]:
                yield f"if {value} is not None:"
                yield f"    {value} = {value}.{step}"
        else:
            yield f"{value} = {'.'.join(['row', *steps])}"

    def _converted(self, number: int, convert: Any, nulls: bool) -> Iterator[str]:
        if convert is unchanged:  # None as well: proto3 has no null, absence is how it travels
            return
        value, arguments = f"v{number}", f"v{number}"
        if isinstance(convert, InTimeZone):
            convert, arguments = convert.convert, f"{value}, zone"
        converted = f"{value} = {self._name('convert', number, convert)}({arguments})"
        yield from [converted] if nulls else [f"if {value} is not None:", f"    {converted}"]

    def _name(self, kind: str, number: int, value: Any) -> str:
        name = f"{kind}{number}"
        self._names[name] = value
        return name


def _is_name(text: str) -> bool:
    """Whether Python takes ``text`` for a name, and for no other one than it is."""
    is_word = keyword.iskeyword(text) or text == "__debug__"
    return text.isascii() and text.isidentifier() and not is_word


def _arguments(names: Sequence[str]) -> str:
    """The arguments of a call, those that are words of Python in a dict."""
    plain = [f"{name}=v{number}" for number, name in enumerate(names) if _is_name(name)]
    others = [f"{name!r}: v{number}" for number, name in enumerate(names) if not _is_name(name)]
    return ", ".join([*plain, f"**{_dict(', '.join(others))}"] if others else plain)


def _dict(items: str) -> str:
    return "{" + items + "}"  # no two braces in a row: this file is part of a template


def _indented(depth: int, lines: Iterable[str]) -> Iterator[str]:
    return ("    " * depth + line for line in lines)
