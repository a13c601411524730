"""From a written link to the URL that a reader would open."""

from datetime import date
from pathlib import Path

import pytest

from crawler.domain.links import Link
from crawler.sources.registry import Document, Kind
from crawler.sources.resolve import links_of
from tests.unit.sources.repositories import Repository

TODAY = date(2020, 6, 15)


def resolve(
    text: str, path: Path, *, kind: Kind = Kind.MARKDOWN, base_url: str | None = None, root_dir: str | None = None
) -> list[Link]:
    document = Document(path=str(path), kind=kind, text=text, encoding="utf-8", newline="\n")
    return links_of(document, source="docs/a.md", base_url=base_url, root_dir=root_dir, now=TODAY)


def urls(text: str, path: Path, **options) -> list[str]:
    return [link.url for link in resolve(text, path, **options)]


@pytest.mark.parametrize(
    ("href", "below"),
    [
        ("b.md", "docs/b.md"),
        ("./b.md#part", "docs/b.md#part"),
        ("../c.md", "c.md"),
        ("#part", "docs/a.md#part"),
        ("b%20c.md", "docs/b%20c.md"),
        ("<b c.md>", "docs/b%20c.md"),
        ("sub/", "docs/sub/"),
        ("?q=1", "docs/a.md?q=1"),
    ],
)
def test_a_relative_link_is_a_file_beside_the_document(tmp_path: Path, href: str, below: str) -> None:
    assert urls(f"[x]({href})", tmp_path / "docs/a.md") == [f"{tmp_path.as_uri()}/{below}"]


def test_a_folder_with_signs_of_urls_in_its_name_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "50% #1?"
    assert urls("[x](b.md)", folder / "a.md") == [f"{tmp_path.as_uri()}/50%25%20%231%3F/b.md"]


def test_a_relative_source_path_gives_absolute_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert urls("[x](b.md)", Path("docs/a.md")) == [f"{tmp_path.as_uri()}/docs/b.md"]


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("b.md", "https://s.example/base/b.md"),
        ("/b.md", "https://s.example/b.md"),
        ("#x", "https://s.example/base/#x"),
        ("//o.example/x", "https://o.example/x"),
    ],
)
def test_the_base_url_takes_relative_links(tmp_path: Path, href: str, url: str) -> None:
    assert urls(f"[x]({href})", tmp_path / "a.md", base_url="https://s.example/base/") == [url]


def test_an_absolute_link_is_the_whatwg_href_with_its_fragment(tmp_path: Path) -> None:
    assert urls("<HTTPS://A.example:443/%7ea/../b#x>", tmp_path / "a.md") == ["https://a.example/b#x"]


def test_a_link_without_scheme_but_with_host_is_a_web_link(tmp_path: Path) -> None:
    assert urls("[x](//a.example/x)", tmp_path / "a.md") == ["https://a.example/x"]


def test_a_root_relative_link_is_taken_from_the_root_folder(tmp_path: Path) -> None:
    root = tmp_path / "site"
    assert urls("[x](/b.md#c)", tmp_path / "a.md", root_dir=str(root)) == [f"{root.as_uri()}/b.md#c"]


def test_without_a_root_folder_it_is_taken_from_the_work_tree(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    path = repository.write("docs/deep/a.md", "")
    assert urls("[x](/b.md)", path) == [f"{repository.folder.as_uri()}/b.md"]


@pytest.mark.parametrize(
    ("base", "url"),
    [("https://b.example/d/", "https://b.example/d/x.html"), ("sub/", "{folder}/sub/x.html")],
    ids=["absolute", "relative"],
)
def test_the_base_of_an_html_document_holds(tmp_path: Path, base: str, url: str) -> None:
    text = f'<base href="{base}"><a href="x.html">x</a>'
    links = resolve(text, tmp_path / "a.html", kind=Kind.HTML)
    assert links[-1].url == url.format(folder=tmp_path.as_uri())


def test_what_no_client_can_open_keeps_its_raw_text_and_says_why(tmp_path: Path) -> None:
    (link,) = resolve("[x](https://a b.example:99999/)".replace(" ", "%20"), tmp_path / "a.md")
    assert link.url == link.raw
    assert link.problem


def test_a_page_of_antora_is_looked_for_among_its_module_s_pages(tmp_path: Path) -> None:
    path = tmp_path / "docs/modules/cli/nav.adoc"
    expected = f"{tmp_path.as_uri()}/docs/modules/cli/pages/index.adoc"
    assert urls("* xref:index.adoc[CLI]", path, kind=Kind.ASCIIDOC) == [expected]


def test_places_count_code_points_from_one_and_equal_links_are_numbered(tmp_path: Path) -> None:
    links = resolve("😀中 <https://a.example/>\n\nx <https://a.example/>\n", tmp_path / "a.md")
    assert [(link.line, link.column, link.nth) for link in links] == [(1, 5, 0), (3, 4, 1)]


def test_an_ignore_comment_gives_its_reason_until_it_expires(tmp_path: Path) -> None:
    text = (
        "[a](https://a.example/) <!-- linkvigil-ignore: for good -->\n\n"
        "[b](https://b.example/) <!-- linkvigil-ignore: last day until=2020-06-15 -->\n\n"
        "[c](https://c.example/) <!-- linkvigil-ignore: over until=2020-06-14 -->\n"
    )
    reasons = {link.raw: link.ignore for link in resolve(text, tmp_path / "a.md") if link.kind == "link"}
    assert reasons["https://a.example/"] == "for good"
    assert reasons["https://b.example/"] is not None
    assert reasons["https://c.example/"] is None


def test_in_sphinx_s_sources_a_root_relative_link_is_taken_from_the_folder_of_conf_py(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.write("docs/conf.py", "")
    path = repository.write("docs/guide/a.rst", "")
    (url,) = urls(".. image:: /_static/x.png\n", path, kind=Kind.RST)
    assert url == f"{repository.folder.as_uri()}/docs/_static/x.png"


def test_an_image_of_antora_is_looked_for_among_its_module_s_images(tmp_path: Path) -> None:
    path = tmp_path / "docs/modules/cli/pages/deep/index.adoc"
    assert urls("image::a.png[]", path, kind=Kind.ASCIIDOC) == [f"{tmp_path.as_uri()}/docs/modules/cli/images/a.png"]
