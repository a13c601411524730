"""Which kind a file is, and how its bytes become text."""

import pytest

from crawler.sources import registry
from crawler.sources.registry import Kind, decode, kind_of, read

_CHINESE = "汉字是一种文字，用于书写中文。" * 5


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("README.md", Kind.MARKDOWN), ("a/b.MARKDOWN", Kind.MARKDOWN), ("x.mkd", Kind.MARKDOWN), ("x.mdown", Kind.MARKDOWN),
        ("x.mdx", Kind.MDX), ("x.htm", Kind.HTML), ("x.rst", Kind.RST), ("x.adoc", Kind.ASCIIDOC), ("x.ipynb", Kind.NOTEBOOK),
        ("x.org", Kind.ORG), ("x.bib", Kind.BIBTEX), ("x.tex", Kind.TEX), ("x.opml", Kind.OPML), ("x.json", Kind.JSON),
        ("x.yml", Kind.YAML), ("CITATION.cff", Kind.YAML), ("x.toml", Kind.TOML), ("x.txt", Kind.PLAIN), ("LICENSE", Kind.PLAIN),
    ],
)  # fmt: skip
def test_a_known_name_says_the_kind(name: str, kind: Kind) -> None:
    assert kind_of(name, "anything") is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("<!DOCTYPE html>\n<html>", Kind.HTML),
        ("<!-- c -->\n<html>", Kind.HTML),
        ("<?xml version='1.0'?>\n<opml version='1.0'>", Kind.OPML),
        ("<?xml version='1.0'?>\n<urlset>", Kind.OPML),
        ('{"cells": []}', Kind.NOTEBOOK),
        ('{\n  "a": 1}', Kind.JSON),
        ("[1, 2]", Kind.PLAIN),
        ("\\documentclass{article}", Kind.TEX),
        ("#+TITLE: x", Kind.ORG),
        ("@article{x,", Kind.BIBTEX),
        ("#!/bin/sh\necho", Kind.PLAIN),
        ("just text", Kind.PLAIN),
        ("", Kind.PLAIN),
    ],
)
def test_an_unknown_name_is_judged_by_content(head: str, kind: Kind) -> None:
    assert kind_of("file.unknown", head) is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("-----BEGIN PGP SIGNATURE-----\n", Kind.PLAIN),
        ("= Title\n:toc:\n", Kind.ASCIIDOC),
        ("Notes\n\n== Part\n", Kind.ASCIIDOC),
        ("plain words\n", Kind.PLAIN),
    ],
)
def test_asc_is_asciidoc_or_plain_by_content(head: str, kind: Kind) -> None:
    assert kind_of("x.asc", head) is kind


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [
        ("é中".encode(), "é中", "utf-8"),
        (b"\xef\xbb\xbfx", "x", "utf-8-sig"),
        ("é中".encode("utf-16"), "é中", "utf-16"),
        (b"\xff\xfe\x00\x00" + "x".encode("utf-32-le"), "x", "utf-32"),
        (_CHINESE.encode("gb18030"), _CHINESE, "gb18030"),
        (b"", "", "utf-8"),
    ],
    ids=["utf-8", "utf-8 mark", "utf-16", "utf-32", "gb18030", "empty"],
)
def test_bytes_become_text_by_mark_then_utf8_then_a_guess(body: bytes, text: str, encoding: str) -> None:
    decoded = decode(body)
    assert decoded is not None
    assert decoded[0] == text
    assert decoded[1] == encoding or encoding == "gb18030"  # its subsets gb2312 and gbk read the same bytes


def test_what_nothing_decodes_is_latin_1() -> None:
    decoded = decode(b"caf\xe9 https://a.example/ \x81")
    assert decoded is not None
    assert "https://a.example/" in decoded[0]


def test_a_binary_file_is_no_document() -> None:
    assert decode(b"\x89PNG\r\n\x1a\n\0\0") is None
    assert read("x.md", b"\0\0") is None


@pytest.mark.parametrize(("body", "newline"), [(b"a\nb", "\n"), (b"a\r\nb", "\r\n"), (b"a\rb", "\r"), (b"a", "\n")])
def test_the_line_ending_is_noted_and_kept(body: bytes, newline: str) -> None:
    document = read("x.md", body)
    assert document is not None
    assert (document.newline, document.text.encode()) == (newline, body)


def test_no_suffix_belongs_to_two_kinds() -> None:
    suffixes = [suffix for entry in registry.FORMATS.values() for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert set(registry.FORMATS) == set(Kind)
