"""What holds for the report of any paper."""

import base64
import csv
import io
from html.parser import HTMLParser


class Loaded(HTMLParser):
    """What a page loads, and whether its tags close."""

    VOID = {"meta", "img", "br", "hr"}

    def __init__(self, text):
        super().__init__()
        self.sources, self.anchors, self.ids, self.open, self.tags = [], [], set(), [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.sources += [attributes[name] for name in ("src", "data", "poster", "srcset") if name in attributes]
        self.anchors += [attributes["href"]] if "href" in attributes else []
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def assert_page_is_whole(report):
    """The page loads nothing, its tags close, its links lead somewhere, and its pictures are the figures'."""
    files = report.files()
    loaded = Loaded(files["index.html"].decode())
    assert loaded.open == []
    assert not loaded.tags & {"script", "link", "iframe", "object", "embed", "base"}
    assert "url(" not in files["index.html"].decode() and "@import" not in files["index.html"].decode()
    pictures = [
        base64.b64decode(source.removeprefix("data:image/png;base64,"), validate=True) for source in loaded.sources
    ]
    assert pictures == [figure.picture for figure in report.figures if figure.picture]
    assert all(picture.startswith(b"\x89PNG\r\n") for picture in pictures)
    assert {anchor.removeprefix("#") for anchor in loaded.anchors} <= loaded.ids


def assert_tables_are_files(report):
    """Each table is a CSV file of its own, whole."""
    files = report.files()
    tables = [table for figure in report.figures for table in figure.tables]
    assert len({table.name for table in tables}) == len(tables)
    for table in tables:
        rows = list(csv.reader(io.StringIO(files[f"{table.name}.csv"].decode())))
        assert rows[0] == list(table.columns)
        assert {len(row) for row in rows} == {len(table.columns)}, table.name
        assert len(rows) == 1 + len(table.rows) > 1
        assert table.name.endswith("_timings") == table.is_timing
