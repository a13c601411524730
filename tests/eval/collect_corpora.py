"""Measures extraction against the reference of the corpora beside the repository.

    python -m tests.eval.collect_corpora [--kind md] [--show md] [--limit 40]

A row is matched by file and WHATWG-canonical URL with its fragment, http(s) only. Recall counts the
rows that are not optional and takes links that are not optional; an extracted URL is wrong where no
row at all has it (`strict` counts our optional links as well). `lines` is the share of matches with
a link on a row's `line` or `url_line`; `each` the share of our links that stand on one (a notebook's row
names the line where its URL stands first in the file, a row that has no place says 0).
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import ada_url

from crawler.domain.links import FoundLink, LineIndex
from crawler.sources import registry

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"


def canonical(url: str) -> str | None:
    """Return the WHATWG href of an absolute http(s) URL, else None."""
    try:
        href = ada_url.URL(url).href
    except ValueError:
        return None
    return href if href.startswith(("http:", "https:")) else None


@cache
def rows_by_file() -> dict[str, list[dict[str, Any]]]:
    """Return the reference's http(s) rows by file."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(CORPORA / "reference.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            row["canonical"] = canonical(row["url"])
            if row["canonical"]:
                rows[row["file"]].append(row)
    return rows


class Score:
    """Counts of one kind of file."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.notes: list[str] = []

    def add(self, file: str, links: Iterable[FoundLink], rows: list[dict[str, Any]], document: str) -> None:
        """Compare one file's links with its rows."""
        index = LineIndex(document)
        ours: dict[str, list[int]] = defaultdict(list)
        optional: dict[str, list[int]] = defaultdict(list)
        for link in links:
            url = canonical(link.href)
            if url is not None:
                (optional if link.optional else ours)[url].append(index.place(link.start)[0])
        wanted = defaultdict(list)
        for row in rows:
            wanted[row["canonical"]].append(row)
        self.count["files"] += 1
        for url, lines in ours.items():
            self._tally(file, url, lines, wanted, "wrong")
        for url, lines in optional.items():
            if url not in ours:
                self._tally(file, url, lines, wanted, "wrong optional")
        self._recall(file, ours, wanted)

    def _tally(self, file: str, url: str, lines: list[int], wanted: dict[str, Any], name: str) -> None:
        self.count[name.replace("wrong", "extracted")] += 1
        if url not in wanted:
            self.count[name] += 1
            self.notes.append(f"{name:15} {file}:{lines[0]} {url}")

    def _recall(self, file: str, ours: dict[str, list[int]], wanted: dict[str, list[dict[str, Any]]]) -> None:
        for url, rows in wanted.items():
            due = [row for row in rows if not row.get("optional")]
            if not due:
                continue
            self.count["rows"] += 1
            if url not in ours:
                self.count["missed"] += 1
                self.notes.append(f"{'missed':15} {file}:{due[0]['line']} {url} ({due[0]['kind']})")
                continue
            right = {line for row in due for line in (row["line"], row.get("url_line")) if line}
            self.count["matches"] += 1
            self.count["apart"] += not right & set(ours[url])
            for line in ours[url]:
                self.count["lines"] += 1
                if line not in right:
                    self.count["off"] += 1
                    self.notes.append(f"{'line':15} {file}:{line} {url} not in {sorted(right)[:9]}")
            if len(ours[url]) < len(due):
                self.count["fewer"] += 1
                self.notes.append(f"{'fewer':15} {file} {url} {sorted(ours[url])[:9]} for {sorted(right)[:9]}")

    def recall(self) -> float:
        """Return the share of due URLs that were found, in percent."""
        return 100 * (1 - self.count["missed"] / max(1, self.count["rows"]))

    def precision(self) -> float:
        """Return the share of extracted URLs that some row has, in percent."""
        return 100 * (1 - self.count["wrong"] / max(1, self.count["extracted"]))

    def lines(self) -> float:
        """Return the share of matches with a link on a row's line, in percent."""
        return 100 * (1 - self.count["apart"] / max(1, self.count["matches"]))

    def line(self, kind: str, seconds: float) -> str:
        """Return the table's row."""
        count = self.count
        wrong = count["wrong"] + count["wrong optional"]
        strict = 100 * (1 - wrong / max(1, count["extracted"] + count["extracted optional"]))
        each = 100 * (1 - count["off"] / max(1, count["lines"]))
        return (
            f"{kind:7}{count['files']:6}{count['rows']:7}{count['missed']:7}{self.recall():8.2f}"
            f"{count['wrong']:7}{self.precision():8.2f}{strict:8.2f}{count['off']:5}{each:8.2f}{self.lines():8.2f}"
            f"{count['fewer']:6}{seconds:7.1f}"
        )


def files() -> list[Path]:
    """Return the files of the corpora; none where they are absent."""
    return sorted(path for path in (CORPORA / "files").rglob("*") if path.is_file())


def measure(kind: str) -> Score:
    """Read all files with a suffix (without its dot) and compare them with the reference."""
    score, rows = Score(), rows_by_file()
    for path in files():
        if path.suffix != f".{kind}":
            continue
        document = registry.read(path.name, path.read_bytes())
        assert document is not None, path
        links = registry.extract(document.text, document.kind)
        assert all(document.text.startswith(found.raw, found.start) for found in links), path
        name = path.relative_to(CORPORA / "files").as_posix()
        score.add(name, links, rows.get(name, []), document.text)
    return score


def main() -> None:
    """Print the table, and the notes of one kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind")
    parser.add_argument("--show")
    parser.add_argument("--note", default="")
    parser.add_argument("--limit", type=int, default=40)
    options = parser.parse_args()
    print("kind    files   urls missed  recall  wrong   prec.  strict  off    each   lines fewer   secs")
    for kind in sorted({path.suffix[1:] for path in files()}):
        if options.kind and kind != options.kind:
            continue
        began = time.perf_counter()
        score = measure(kind)
        print(score.line(kind, time.perf_counter() - began))
        if options.show == kind:
            print("\n".join([note for note in score.notes if note.startswith(options.note)][: options.limit]))


if __name__ == "__main__":
    main()
