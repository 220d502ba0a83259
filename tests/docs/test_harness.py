"""What is wrong on a page is found, and named by page and line."""

from pathlib import Path

import pytest

from tests.docs.console import run_console
from tests.docs.pages import Block, PageError, parse
from tests.docs.runner import run_block, write_files
from tests.docs.scratch import run_page

SERVICE = """
```python library/services.py
from django_socio_grpc import generics
from library.models import Book
from library.serializers import BookProtoSerializer


class BookService(generics.AsyncReadOnlyModelService):
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def block(language: str, text: str, path: str = "", appends: bool = False) -> Block:
    return Block(
        page=Path("page.md"), line=3, language=language, text=text, path=path, appends=appends
    )


def test_a_block_has_a_language_a_path_and_a_line(page: Path) -> None:
    page.write_text(
        "# A\n\n```python a/b.py append\nx = 1\n```\n\n- item\n\n  ```text\n  y\n  ```\n"
    )
    first, second = parse(page).blocks
    assert (first.language, first.path, first.appends, first.line) == ("python", "a/b.py", True, 4)
    assert (second.language, second.text, second.line) == ("text", "y\n", 10)


@pytest.mark.parametrize(
    "fence",
    ["", "py", "python a.py b", "console x", "protobuf a.proto", "python ../a.py", "python /a.py"],
)
def test_a_fence_that_is_not_understood_is_an_error(page: Path, fence: str) -> None:
    page.write_text(f"# A\n\n```{fence}\nx = 1\n```\n")
    with pytest.raises(PageError, match=r"^page\.md:3: "):
        parse(page)


def test_an_empty_block_is_an_error(page: Path) -> None:
    page.write_text("# A\n\n```python\n\n```\n")
    with pytest.raises(PageError, match="an empty block"):
        parse(page)


@pytest.mark.parametrize(("text", "empty"), [("", True), ("# A\n", True), ("# A\n\nB.", False)])
def test_a_page_of_headings_is_empty(page: Path, text: str, empty: bool) -> None:
    page.write_text(text)
    assert parse(page).is_empty is empty


def test_links_to_files_and_headings_are_followed(page: Path) -> None:
    page.with_name("other.md").write_text("# Two words, `code`\n\n## Again\n\n## Again\n")
    page.write_text(
        "# A\n\n[1](other.md) [2](other.md#two-words-code) [3](#a) [4](https://x.example/y)\n"
        "[5](other.md#again-1)\n\n[6](gone.md)\n\n[7](other.md#gone) [8](#gone)\n"
    )
    assert parse(page).broken_links() == [
        "page.md:6: gone.md leads nowhere",
        "page.md:8: other.md#gone leads nowhere",
        "page.md:8: #gone leads nowhere",
    ]


def test_a_file_is_replaced_then_appended_to(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old\n")
    (tmp_path / "b.py").write_text("old\n")
    blocks = (
        block("python", "1\n", "a.py"),
        block("python", "2\n", "a.py"),
        block("python", "3\n", "b.py", appends=True),
        block("python", "4\n", "c/d.py"),
    )
    write_files(blocks, tmp_path)
    assert (tmp_path / "a.py").read_text() == "1\n\n\n2\n"
    assert (tmp_path / "b.py").read_text() == "old\n\n\n3\n"
    assert (tmp_path / "c/d.py").read_text() == "4\n"


def test_code_shares_a_namespace_and_fails_at_the_line_of_the_page(tmp_path: Path) -> None:
    namespace: dict[str, int] = {}
    run_block(block("python", "x = 1\n"), tmp_path, namespace)
    with pytest.raises(ZeroDivisionError) as caught:
        run_block(block("python", "y = 0\nz = x / y\n"), tmp_path, namespace)
    assert caught.traceback[-1].lineno == 3  # counted from 0


@pytest.mark.parametrize(("language", "text"), [("json", "{"), ("toml", "="), ("yaml", "{")])
def test_data_that_does_not_parse_is_an_error(tmp_path: Path, language: str, text: str) -> None:
    with pytest.raises(Exception, match=r"line|column|char"):
        run_block(block(language, text), tmp_path, {})


@pytest.mark.parametrize(
    "text",
    [
        "$ python -c 'print(1); print(2)'\n1\n2\n",
        "$ python -c 'print(1); print(2)'\n...\n2\n",
        "$ python -c 'print(\"took 3 s\")'\ntook ... s\n",
        "$ python -c 'print(1)'\n$ python -c 'print(2)'\n2\n",
        "$ python -c 'raise SystemExit(\"an error\")'\nan error\n",
    ],
)
def test_a_command_prints_what_the_page_says(tmp_path: Path, text: str) -> None:
    run_console(block("console", text), tmp_path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$ python -c 'print(1)'\n2\n", r"^page\.md:3: .*printed\n1\n"),
        ("\n$ python -c 'print(1)'\n", "begins with"),
        ("$ python -c 'exit(2)'\n", "ended with 2"),
        ("$ curl localhost\n", "only .* are run"),
        ("$ python manage.py grpcrunserver\n", "does not end by itself"),
    ],
)
def test_a_command_that_does_something_else_is_an_error(
    tmp_path: Path, text: str, what: str
) -> None:
    with pytest.raises(PageError, match=what):
        run_console(block("console", text), tmp_path)


def test_the_lines_of_a_contract_are_looked_for_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text("message A {\n    int32 x = 1;\n\n    int32 y = 2;\n}\n")
    run_block(block("protobuf", "message A {\n  int32 y = 2;\n}\n"), tmp_path, {})
    with pytest.raises(PageError, match="int32 x = 1"):
        run_block(block("protobuf", "int32 y = 2;\nint32 x = 1;\n"), tmp_path, {})


def test_files_contract_code_and_tests_come_together(page: Path, scratch: Path) -> None:
    page.write_text(
        f"{SERVICE}\n```protobuf\nservice BookController {{\n```\n"
        "\n```python\nfrom library.models import Author\n"
        "from library.grpc import library_pb2\nAuthor.objects.create(name='Ann')\n```\n"
        "\n```python library/test_books.py\ndef test_one() -> None:\n    assert 1 == 1\n```\n"
    )
    done = run_page(page, scratch)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"{SERVICE}\n```python\nx = 1\nx / 0\n```\n", 'page.md", line 15'),
        ("```python library/services.py\nimport nothing\n```\n", "generateproto failed"),
        ("```python test_x.py\ndef test_x() -> None:\n    assert 0\n```\n", "test_x.py failed"),
    ],
)
def test_what_fails_is_named(page: Path, scratch: Path, text: str, what: str) -> None:
    page.write_text(text)
    done = run_page(page, scratch)
    assert done.returncode != 0
    assert what in done.stdout
