"""All versions of one pollutant's model, and the aliases that say which of them forecasts."""

from __future__ import annotations

import logging
from pickle import UnpicklingError  # nosec B403
from typing import Any

from airwatch.model_registry.libraries import require_libraries
from airwatch.model_registry.packing import card_of, installed_code, register_version, write_card
from airwatch.model_registry.records import (
    PROMOTED_BECAUSE,
    ROLLED_BACK,
    VERDICT_TAGS,
    WAS_CHAMPION,
    Outcome,
    RegisteredForecaster,
    TrainedModel,
    Version,
)

logger = logging.getLogger(__name__)

PREFIX = "airwatch-"
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"

_GONE = "RESOURCE_DOES_NOT_EXIST"
_NOT_THERE = (_GONE, "INVALID_PARAMETER_VALUE")  # the latter of an alias
# What reading a model raises when it is of another AirWatch, or its files are gone; a store that is merely out of reach
# raises others, and is no reason to do without a champion. (An error of pickle is named here; MLflow reads the pickle.)
_BROKEN = (ImportError, AttributeError, UnpicklingError, EOFError, FileNotFoundError)


class RegistryRefusal(Exception):
    """An alias cannot be moved as asked; the message says why and what can be done."""


class UnreadableModelError(Exception):
    """A registered model cannot be read any more; the message names the version and the remedy."""


class ModelShelf:
    """All versions of one pollutant's model."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def pollutant(self) -> str:
        """Whose models they are."""
        return self.name.removeprefix(PREFIX)

    def load(self, wanted: str = CHAMPION) -> RegisteredForecaster | None:
        """A version's forecaster; None where there is no such version, or no champion yet.

        Args:
            wanted: An alias, or the number of a version.

        Raises:
            NewerLibraryError: It was trained with a newer numpy, pandas, scikit-learn or xgboost than is installed.
            UnreadableModelError: It was made by an AirWatch of other modules, or its files are gone.
        """
        import mlflow
        from mlflow.exceptions import MlflowException

        found = self.version(wanted)
        if found is None:
            return None
        which = f"{self.name} version {found.number}"
        require_libraries(which, found.tags)
        try:
            with installed_code():
                loaded = mlflow.pyfunc.load_model(f"models:/{self.name}/{found.number}").unwrap_python_model()
        except (*_BROKEN, MlflowException) as error:
            if isinstance(error, MlflowException) and error.error_code != _GONE:
                raise
            raise UnreadableModelError(
                f"{which} cannot be read ({type(error).__name__}: {str(error)[:120]}). Train again (kedro run "
                "--pipelines training), or promote another version: airwatch models list"
            ) from error
        return RegisteredForecaster(loaded.forecaster, found.number, found.tags)

    def has(self, wanted: str = CHAMPION) -> bool:
        """Whether there is such a version."""
        return self.version(wanted) is not None

    def version(self, wanted: str = CHAMPION) -> Version | None:
        """What is known of a version, by its number or an alias; None where there is no such one."""
        from mlflow.exceptions import MlflowException

        try:
            if wanted.isdecimal():
                found = _client().get_model_version(self.name, wanted)
            else:
                found = _client().get_model_version_by_alias(self.name, wanted)
        except MlflowException as error:
            if error.error_code in _NOT_THERE:
                return None
            raise
        return _as_version(found, found.aliases)

    def versions(self) -> list[Version]:
        """All versions, the oldest first."""
        found = _all_pages(_client().search_model_versions, f"name = '{self.name}'")
        pointed = _client().get_registered_model(self.name).aliases if found else {}
        listed = [
            _as_version(each, [alias for alias, number in pointed.items() if str(number) == str(each.version)])
            for each in found
        ]
        return sorted(listed, key=lambda version: int(version.number))

    def same(self, fingerprint: str) -> Version | None:
        """The newest version that was trained on the same data, with the same parameters and code."""
        asked = f"name = '{self.name}' and tags.fingerprint = '{fingerprint}'"
        numbers = [int(found.version) for found in _all_pages(_client().search_model_versions, asked)]
        return self.version(str(max(numbers))) if numbers else None

    def register(self, trained: TrainedModel) -> str:
        """Register a model as challenger, or as champion where its verdict says so or there is none.

        The same fingerprint keeps the version it has. Where another run moved the alias ``champion`` since the verdict,
        the model stays a challenger, for it has not met that champion.

        Returns:
            The version it is registered under.
        """
        verdict, known = trained.verdict, self.same(trained.fingerprint)
        number = known.number if known else register_version(self.name, trained)
        if known and verdict.outcome is not Outcome.KNOWN:
            self._note(number, verdict.tags)
            for tag in VERDICT_TAGS & known.tags.keys() - verdict.tags.keys():  # of a contest before this one
                _client().delete_model_version_tag(self.name, number, tag)
            write_card(self.name, number, known.run_id, trained)
        champion = self.version()
        before = champion.number if champion else ""
        if before != number and (not before or (verdict.promoted and before == verdict.against)):
            self._make_champion(number, before)
        elif before != number:
            _client().set_registered_model_alias(self.name, CHALLENGER, number)
        told = (self.name, number, trained.tags.get("model_name", ""))
        if verdict.promoted and before not in (verdict.against, number):
            logger.warning("%s version %s (%s) stays challenger: another run made version %s champion", *told, before)
        else:
            level = logging.WARNING if verdict.outcome is Outcome.NOT_COMPARABLE else logging.INFO
            logger.log(level, "%s version %s (%s): %s", *told, verdict.reason)
        return number

    def promote(self, wanted: str, because: str) -> str:
        """Make a version champion by hand.

        Args:
            wanted: Its number, or ``challenger``.
            because: Why; noted as a tag of the version.

        Returns:
            The version that is champion now.

        Raises:
            RegistryRefusal: There is no such version, it is champion already, or its model is gone.
            NewerLibraryError: It could not be loaded here.
        """
        asked = self.existing(wanted)
        if CHAMPION in asked.aliases:
            raise RegistryRefusal(f"{self.name} version {asked.number} is champion already; nothing was changed.")
        self._require_usable(asked)
        champion = self.version()
        self._note(asked.number, {PROMOTED_BECAUSE: because})
        self._make_champion(asked.number, champion.number if champion else "")
        return asked.number

    def roll_back(self, because: str) -> str:
        """Make the champion before champion again.

        The one that is rolled back is noted as such, and ``previous`` points to it; rolling back once more would bring
        it back, and is refused.

        Returns:
            The version that is champion now.

        Raises:
            RegistryRefusal: There is no champion, none before it, or the one before was rolled back itself.
            NewerLibraryError: The one before could not be loaded here.
        """
        champion, before = self.version(), self.version(PREVIOUS)
        if champion is None:
            raise RegistryRefusal(f"{self.name} has no champion. Train one: kedro run --pipelines training")
        if before is None:
            raise RegistryRefusal(
                f"{self.name} has had no champion before version {champion.number}: without it there would be none. "
                "Promote another version: airwatch models list"
            )
        if ROLLED_BACK in before.tags:
            raise RegistryRefusal(
                f"{self.name} version {before.number}, the champion before, was rolled back itself "
                f"({before.tags[ROLLED_BACK]}). Bring it back by name: airwatch models promote"
            )
        self._require_usable(before)
        self._note(champion.number, {ROLLED_BACK: because})
        self._make_champion(before.number, champion.number)
        return before.number

    def scores(self, version: Version) -> dict[str, float]:
        """The scores of a version's rolling origins, by name such as ``crps_lead_1``; none for one not judged."""
        logged = _client().get_run(version.run_id).data.metrics
        own = f"{self.pollutant}."
        return {name.removeprefix(own): float(score) for name, score in logged.items() if name.startswith(own)}

    def card(self, version: Version) -> str:
        """The model card of a version; its beginning, where the rest is gone."""
        from mlflow.artifacts import load_text
        from mlflow.exceptions import MlflowException

        try:
            return str(load_text(f"runs:/{version.run_id}/{card_of(self.pollutant)}"))
        except (MlflowException, OSError):
            return version.description

    def existing(self, wanted: str) -> Version:
        """A version, by its number or an alias.

        Raises:
            RegistryRefusal: There is no such one; the message names those there are.
        """
        found = self.version(wanted)
        if found is None:
            known = ", ".join(version.number for version in self.versions()) or "none"
            raise RegistryRefusal(f"{self.name} has no version {wanted}; there are: {known}.")
        return found

    def _require_usable(self, version: Version) -> None:
        """Refuse a champion that inference could not load, which would be no champion."""
        from mlflow.exceptions import MlflowException
        from mlflow.models import get_model_info

        which = f"{self.name} version {version.number}"
        require_libraries(which, version.tags)
        try:
            get_model_info(f"models:/{self.name}/{version.number}")
        except (MlflowException, FileNotFoundError) as error:
            raise RegistryRefusal(f"The files of {which} cannot be read, so that it cannot be champion.") from error

    def _make_champion(self, number: str, before: str) -> None:
        """Move the aliases: a run that dies in between leaves a champion at every moment."""
        client = _client()
        if before:
            client.set_registered_model_alias(self.name, PREVIOUS, before)
        client.set_registered_model_alias(self.name, CHAMPION, number)
        challenger = self.version(CHALLENGER)
        if challenger and challenger.number == number:
            client.delete_registered_model_alias(self.name, CHALLENGER)
        self._note(number, {WAS_CHAMPION: "yes"})
        if ROLLED_BACK in client.get_model_version(self.name, number).tags:
            client.delete_model_version_tag(self.name, number, ROLLED_BACK)

    def _note(self, number: str, tags: dict[str, str]) -> None:
        for key, value in tags.items():
            _client().set_model_version_tag(self.name, number, key, value)


def all_shelves() -> list[ModelShelf]:
    """The shelf of each pollutant that has a registered model, by name."""
    found = _all_pages(_client().search_registered_models, f"name LIKE '{PREFIX}%'")
    return [ModelShelf(name) for name in sorted(str(each.name) for each in found)]


def _client() -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient()


def _all_pages(search: Any, asked: str) -> list[Any]:
    found = search(asked)
    rows = list(found)
    while found.token:
        found = search(asked, page_token=found.token)
        rows += found
    return rows


def _as_version(found: Any, aliases: Any) -> Version:
    return Version(
        found.name,
        str(found.version),
        tuple(sorted(aliases)),
        dict(found.tags),
        found.run_id or "",
        found.description or "",
    )
