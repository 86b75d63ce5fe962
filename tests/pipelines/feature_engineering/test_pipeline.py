from airwatch.pipelines.feature_engineering import create_pipeline


def test_nodes_are_named_by_their_functions():
    assert {node.name: node.func.__name__ for node in create_pipeline().nodes} == {
        name: name for name in ("choose_daily_values", "describe_sites", "build_features")
    }


def test_pipeline_leads_from_what_ingestion_writes_to_features():
    pipeline = create_pipeline()
    read = {name for name in pipeline.inputs() if not name.startswith("params:")}
    assert read == {"daily_summaries", "monitors", "airnow_daily", "engines"}
    assert pipeline.all_outputs() == {"daily_observations", "dropped_summaries", "sites", "features"}
