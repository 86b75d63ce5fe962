import pytest

from airwatch.domain.pollutants import CRITERIA
from airwatch.operations.sessions import Sessions, _nodes_of, merged
from airwatch.pipeline_registry import register_pipelines


@pytest.mark.parametrize(
    ("params", "replaced", "result"),
    [
        ({"as_of": "2021-01-01"}, {"as_of": "2021-01-08"}, {"as_of": "2021-01-08"}),
        ({"a": {"b": 1, "c": {"d": 2}}}, {"a": {"c": {"e": 3}}}, {"a": {"b": 1, "c": {"d": 2, "e": 3}}}),
        ({"area": {"state": "06"}}, {"area": None}, {"area": None}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ],
)
def test_replaced_parameters_leave_the_others_of_their_group(params, replaced, result):
    before = dict(params)
    assert merged(params, replaced) == result
    assert params == before


def test_sessions_with_other_parameters_are_of_the_same_environment():
    assert Sessions({"as_of": "2021-01-01"}, "prod").told(seed="3") == Sessions(
        {"as_of": "2021-01-01", "seed": "3"}, "prod"
    )


def test_the_nodes_of_some_pollutants_are_theirs_the_joining_ones_and_those_of_no_pollutant():
    names = _nodes_of(["ingestion", "training"], ["pm25"], drawn=True)
    assert {"fetch_daily", "pm25.hold_contest", "join_backtests"} <= set(names)
    assert not [name for name in names if name.split(".")[0] in CRITERIA and not name.startswith("pm25.")]


def test_without_what_is_drawn_all_is_run_that_other_nodes_need():
    pipelines = register_pipelines()
    names = _nodes_of(["inference", "monitoring"], [], drawn=False)
    left_out = [
        node for name in ("inference", "monitoring") for node in pipelines[name].nodes if node.name not in names
    ]
    drawn = {output for node in left_out for output in node.outputs}
    needed = {
        name for node in names for name in (pipelines["inference"] + pipelines["monitoring"]).only_nodes(node).inputs()
    }
    assert {"verification_page", "report_index", "forecast_fan", "verified_skill_by_lead"} <= drawn
    assert drawn & needed == set()
