"""What the catalog declares, entry by entry, before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro.io import AbstractDataset, CatalogConfigResolver
from kedro.io.core import parse_dataset_definition

from airwatch import schemas
from airwatch.datasets import EpaServicesDataset
from airwatch.domain.pollutants import CRITERIA
from airwatch.pipeline_registry import makers

POLLUTANT = "{pollutant}"  # in the name of an entry that each namespace has


@dataclass(frozen=True)
class Entry:
    """An entry of the catalog.

    Attributes:
        name: Its name, that of its namespace before it.
        kind: The class of its dataset.
        config: What the catalog says of it, with all addresses filled in.
        maker: The pipeline that writes to its address; empty where none does.
    """

    name: str
    kind: type[AbstractDataset[Any, Any]]
    config: Mapping[str, Any]
    maker: str = ""

    @property
    def address(self) -> str:
        """Where it lies: a path or an ``s3://`` address; empty for what is no file."""
        return str(self.config.get("filepath") or self.config.get("path") or "")

    @property
    def folder(self) -> str:
        """The folder that it is, or lies in; empty for what is no file."""
        is_folder = "path" in self.config and self.kind is not EpaServicesDataset  # which keeps a record of requests
        return self.address if is_folder else self.address.rpartition("/")[0]

    @property
    def schema(self) -> type[schemas.Table] | None:
        """The schema that its rows follow, where the catalog names one."""
        rules = self.config.get("validator") or {}
        named = str(self.config.get("schema") or (rules.get("class", "") if isinstance(rules, dict) else rules))
        return schemas.TABLES.get(named.rpartition(".")[2])


def entries_of(
    catalog: Mapping[str, Any], credentials: Mapping[str, Any], pollutants: Iterable[str] = CRITERIA
) -> dict[str, Entry]:
    """All that a catalog declares, those of the namespaces once for each pollutant.

    Args:
        catalog: As the configuration has it.
        credentials: Likewise.
        pollutants: The namespaces.
    """
    resolver = CatalogConfigResolver(dict(catalog), dict(credentials))
    declared = [name for name in catalog if not name.startswith("_")]
    names = [name for name in declared if POLLUTANT not in name]
    names += [name.replace(POLLUTANT, each) for each in pollutants for name in declared if POLLUTANT in name]
    entries = [_entry(name, resolver.resolve_pattern(name)) for name in names]
    made_by = makers()
    writers = {entry.address: made_by[entry.name] for entry in entries if entry.name in made_by}
    # Some folders have two names: one to read them as the run found them, one to write.
    return {
        entry.name: replace(entry, maker=made_by.get(entry.name) or writers.get(entry.address, "")) for entry in entries
    }


def _entry(name: str, config: dict[str, Any]) -> Entry:
    kind, _ = parse_dataset_definition(config)
    return Entry(name, kind, config)
