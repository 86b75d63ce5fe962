"""What happens around every run: inputs checked, MLflow fed, the result told."""

from __future__ import annotations

import logging
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from pydantic import BaseModel

from airwatch.cluster import close_all
from airwatch.parameters import RunParams
from airwatch.stored import StoredDataset
from airwatch.tracking import require_server

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

logger = logging.getLogger(__name__)


class MissingInputError(Exception):
    """A pipeline was asked for before what it reads was made; the message names the pipeline that makes it."""


MODEL = ".model"
NOTED_AT_ONCE = 16


class RunHooks:
    """Checks parameters, refuses a run whose inputs are not there, and ends with the table of forecasts."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Check every parameter before anything is written, and that MLflow's store is there."""
        from airwatch.model_registry import make_store

        loader = context.config_loader
        loader.get("parameters")
        tracking_uri = loader["mlflow"]["server"]["mlflow_tracking_uri"]
        make_store(tracking_uri)
        require_server(tracking_uri)

    @hook_impl(tryfirst=True)  # before MLflow opens a run, which a refusal would leave open
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Note the version of all that the run reads or writes; name the pipeline that makes an input that is missing.

        Raises:
            MissingInputError: The first input that is missing, where it was looked for, and how to make it.
        """
        from airwatch.pipeline_registry import makers

        _note_versions(pipeline, catalog)
        made_by = makers()
        pollutants = catalog.load("params:run").pollutants
        needed = [name for name in sorted(pipeline.inputs()) if name in made_by and not _can_be_absent(catalog, name)]
        # A pollutant without a champion is told by inference; no champion at all is a pipeline that was not run.
        models = [name for name in needed if name.endswith(MODEL) and name.removesuffix(MODEL) in pollutants]
        if any(catalog.exists(name) for name in models):
            models = []
        for name in [name for name in needed if not name.endswith(MODEL)] + models:
            if not catalog.exists(name):
                raise MissingInputError(
                    f"{name} is not there yet. Make it first, with the same --params: "
                    f"kedro run --pipelines {made_by[name]}"
                )

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Show what was forecast and where to look further."""
        from airwatch.summary import show_run

        close_all()
        show_run(catalog, made=pipeline.all_outputs())

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Let the workers of a cluster go."""
        close_all()


def _note_versions(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Have all that is stored hold to the version that lies there now, so that another run's is noticed."""
    datasets = [catalog.get(name) for name in sorted(pipeline.datasets())]
    with ThreadPoolExecutor(NOTED_AT_ONCE) as pool:  # on S3 each takes a request
        for _ in pool.map(StoredDataset.note, [found for found in datasets if isinstance(found, StoredDataset)]):
            pass


def _can_be_absent(catalog: DataCatalog, name: str) -> bool:
    """Whether a dataset reads as an empty table where it is not there."""
    return bool(getattr(catalog.get(name), "can_be_absent", False))


class MlflowHooks:
    """One MLflow run for one session, with each parameter under its own name."""

    _run_id: str | None = None

    @hook_impl(wrapper=True)
    def before_pipeline_run(self, catalog: DataCatalog) -> Generator[None, Any, Any]:
        """Log the settled parameters flat; Kedro-MLflow would log each group as one long text."""
        import mlflow

        try:
            begun = yield
            run = mlflow.active_run()
            self._run_id = run.info.run_id if run else None
            if run:
                _log_no_nodes()
                parameters = catalog.load("parameters")
                mlflow.log_params(dict(list(flatten(parameters).items())[:400]))
        except Exception:
            _end_runs("FAILED")
            raise
        return begun

    @hook_impl
    def before_node_run(self) -> None:
        """Join the run from another thread, where MLflow would begin one of its own."""
        import mlflow

        if self._run_id and not mlflow.active_run():
            mlflow.start_run(self._run_id)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Close the run: Kedro-MLflow leaves it open, and the next session would write into it."""
        _end_runs("FINISHED")

    @hook_impl(wrapper=True)
    def on_pipeline_error(self) -> Generator[None, Any, Any]:
        """Close the run as failed; where MLflow cannot note that, the error of the pipeline is still the one told."""
        try:
            return (yield)
        except Exception:
            logger.debug("The failure could not be noted.", exc_info=True)
            return []
        finally:
            _end_runs("FAILED")


def _log_no_nodes() -> None:
    """Keep Kedro-MLflow from opening the run again at each node, with the node's parameters as long texts.

    Of an MLflow server that asks for seven requests a node.
    """
    from kedro_mlflow.framework.hooks.mlflow_hook import mlflow_hook

    mlflow_hook.run_id, mlflow_hook._is_mlflow_enabled = None, False


def _end_runs(status: str) -> None:
    """Close every open MLflow run; on a full disk it stays unfinished in the database."""
    import mlflow

    while mlflow.active_run():
        try:
            mlflow.end_run(status)  # it forgets the run first, so this ends
        except Exception:
            logger.debug("MLflow could not close the run as %s.", status, exc_info=True)


def flatten(parameters: dict[str, Any]) -> dict[str, str]:
    """Settled parameters as ``training.folds -> 2``; the run's own ones under their bare names."""
    flat: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        fields = dict(value) if isinstance(value, BaseModel | dict) else None
        if fields is None:
            flat[prefix] = str(value)[:500]
            return
        for key, inner in fields.items():
            walk(f"{prefix}.{key}" if prefix else str(key), inner)

    for name, value in parameters.items():
        if isinstance(value, RunParams):
            walk("", value)
        elif isinstance(value, BaseModel):
            walk(name, value)
    return flat
