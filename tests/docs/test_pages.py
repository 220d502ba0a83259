"""Every page of the documentation is true: its code runs, and its links lead on."""

from pathlib import Path

import pytest

from tests.docs.pages import parse
from tests.docs.scratch import FRAMEWORK, PROJECT, ROOT, run_page

INDEX = FRAMEWORK / "docs/README.md"
FIRST = INDEX.with_name("getting-started.md")
PAGES = [FRAMEWORK / "README.md", *sorted(INDEX.parent.glob("*.md"))]
GENERATED = sorted((PROJECT / "docs").glob("*.md"))
OTHERS = [ROOT / "README.md", PROJECT / "README.md", *GENERATED]


def name(page: Path) -> str:
    return f"{page.parent.name}/{page.stem}"


@pytest.mark.parametrize("page", [page for page in PAGES if page != FIRST], ids=name)
def test_what_a_page_shows_works(page: Path, scratch: Path) -> None:
    done = run_page(page, scratch)
    assert done.returncode == 0, done.stdout


def test_what_a_newcomer_is_told_works_in_a_plain_project(plain: Path) -> None:
    done = run_page(FIRST, plain)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", GENERATED, ids=name)
def test_what_a_page_of_a_generated_project_shows_works(page: Path, generated: Path) -> None:
    done = run_page(page, generated)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=name)
def test_a_page_says_something_and_its_links_lead_on(page: Path) -> None:
    parsed = parse(page)
    assert not parsed.is_empty
    assert parsed.broken_links() == []


def test_every_page_is_in_the_index() -> None:
    linked = {(INDEX.parent / target).resolve() for _, target in parse(INDEX).links}
    assert {*INDEX.parent.glob("*.md")} - linked == {INDEX}
