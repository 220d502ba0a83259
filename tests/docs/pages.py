"""A page of the documentation, as blocks that can be run and links that can be followed.

The first words of a fence say what its block is:

- ``python PATH``: the text of that file of a scratch project, which is ``project`` beside this
  module. It replaces the file; a second block of the same path is appended to the first, and
  ``python PATH append`` to what the project has. A file ``test_*.py`` is run by pytest.
- ``python``: run where it stands, all such blocks in one namespace, with Django set up, after
  the files were written and ``generateproto`` has run.
- ``console``: lines with ``$ `` are commands, the lines below them what they print; ``...``
  stands for anything. Without such lines a command has to succeed, and may print what it likes.
- ``protobuf``: lines that a generated ``.proto`` has in that order.
- ``json``, ``toml`` and ``yaml`` are parsed; ``shell`` and ``text`` are left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

LANGUAGES = {"python", "console", "protobuf", "json", "toml", "yaml", "shell", "text"}


class PageError(Exception):
    """Something on a page is wrong. The text begins with the page and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block. ``line`` is that of its first line of text; ``path`` may be empty."""

    page: Path
    line: int
    language: str
    text: str
    path: str = ""
    appends: bool = False

    @property
    def is_test(self) -> bool:
        return Path(self.path).name.startswith("test_")

    def error(self, what: object) -> PageError:
        return PageError(f"{self.page.name}:{self.line}: {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is on a page. ``links`` are line and target; ``anchors`` the names of its headings."""

    path: Path
    blocks: tuple[Block, ...]
    links: tuple[tuple[int, str], ...]
    anchors: frozenset[str]
    is_empty: bool

    def broken_links(self) -> list[str]:
        """The links to files and headings that are not there; those to the web are not tried."""
        return [
            f"{self.path.name}:{line}: {target} leads nowhere"
            for line, target in self.links
            if "://" not in target and not target.startswith("mailto:") and not self._has(target)
        ]

    def _has(self, target: str) -> bool:
        name, _, anchor = unquote(target).partition("#")
        file = (self.path.parent / name).resolve() if name else self.path
        if not file.exists():
            return False
        return not anchor or anchor in (self if file == self.path else parse(file)).anchors


def parse(path: Path) -> Page:
    """Read a page.

    Raises:
        PageError: a fence is of no known language, or says what is not understood.
    """
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    prose = [token for token in tokens if token.type in {"fence", "inline"} and token.content]
    headings = {number + 1 for number, token in enumerate(tokens) if token.type == "heading_open"}
    texts = [token for number, token in enumerate(tokens) if number in headings]
    return Page(
        path=path,
        blocks=tuple(_block(path, token) for token in tokens if token.type == "fence"),
        links=tuple(_links(tokens)),
        anchors=frozenset(_anchors(texts)),
        is_empty=len(prose) <= len(texts),
    )


def _block(page: Path, token: Token) -> Block:
    assert token.map is not None
    line = token.map[0] + 2
    language, *rest = token.info.split() or [""]
    path = rest.pop(0) if language == "python" and rest else ""
    appends = bool(path) and rest == ["append"]
    if language not in LANGUAGES or (rest and not appends):
        raise PageError(
            f"{page.name}:{line - 1}: ```{token.info}: no such kind of block. There are "
            f"{', '.join(sorted(LANGUAGES))}, and python PATH [append]."
        )
    if not token.content.strip():
        raise PageError(f"{page.name}:{line - 1}: an empty block.")
    if path and (Path(path).is_absolute() or ".." in Path(path).parts):
        raise PageError(f"{page.name}:{line - 1}: {path} is not in the project.")
    return Block(
        page=page,
        line=line,
        language=language,
        text=token.content,
        path=path,
        appends=appends,
    )


def _links(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    for token in tokens:
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if target:
                assert token.map is not None
                yield token.map[0] + 1, str(target)


def _anchors(headings: list[Token]) -> Iterator[str]:
    """The names that headings get on a page: lower case, hyphens, no punctuation."""
    seen: dict[str, int] = {}
    for heading in headings:
        text = "".join(child.content for child in heading.children or ())
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}-{count}" if count else name
