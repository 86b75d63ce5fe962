import mlflow

from airwatch.model_registry import ModelDataset, TrainedModel


def test_the_dataset_registers_what_it_is_given_and_loads_the_shelf(store, first):
    dataset = ModelDataset(model_name="airwatch-pm10")
    assert not dataset.exists()
    with mlflow.start_run(experiment_id=store):
        dataset.save(first)
    assert dataset.exists()
    assert dataset.load().load().version == "1"


def test_the_dataset_leaves_the_shelf_as_it_is_where_there_was_too_little_to_train_on(store):
    dataset = ModelDataset(model_name="airwatch-ozone")
    dataset.save(TrainedModel("ozone", None))
    assert not dataset.exists()
