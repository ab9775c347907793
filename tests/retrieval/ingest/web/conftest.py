"""What the tests of feeds and pages share: a site, and a library to bring it into."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from retrieval.ingest.web.feed_sync import SyncSummary, sync
from retrieval.ingest.web.fetcher import Limits
from retrieval.ingest.web.page_index import index_pages
from retrieval.ingest.web.subscriptions import follow
from retrieval.library.progress import Reporter, Summary
from tests.support.articles import contents
from tests.support.encoders import ReadableEncoder
from tests.support.site_server import Site, serving

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

HURRIED = Limits(pause=0.0, seconds=20)


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    with serving() as running:
        yield running


@dataclass
class Shelf:
    """A library that follows feeds."""

    library: Path
    encoder: ReadableEncoder = field(default_factory=ReadableEncoder)
    limits: Limits = HURRIED
    allow_private: bool = True
    told: list[str] = field(default_factory=list)

    def follow(self, address: str) -> None:
        follow(address, self.library, allow_private=self.allow_private, limits=self.limits)

    def sync(self, *addresses: str, force: bool = True) -> SyncSummary:
        self.told.clear()
        return sync(
            addresses,
            self.library,
            self.encoder,
            Reporter(problem=lambda error: self.told.append(str(error))),
            allow_private=self.allow_private,
            force=force,
            limits=self.limits,
        )

    def index(self, *addresses: str) -> Summary:
        self.told.clear()
        return index_pages(
            addresses,
            self.library,
            self.encoder,
            Reporter(problem=lambda error: self.told.append(str(error))),
            allow_private=self.allow_private,
            limits=self.limits,
        )

    def articles(self) -> dict[str, dict[str, Any]]:
        """The articles by id."""
        names = ("id", "title", "date", "source", "url", "text", "sha256", "file")
        rows: Sequence[Any] = contents(self.library)["articles"]
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    def texts(self) -> list[str]:
        """The words of the articles."""
        return sorted(article["text"] for article in self.articles().values())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A library that is not there yet, and a polite but hurried way to fill it."""
    return Shelf(tmp_path / "library")
