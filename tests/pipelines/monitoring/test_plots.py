from airwatch import schemas
from airwatch.pipelines.monitoring.plots import plot_verified_skill
from airwatch.pipelines.monitoring.verification import verify_forecasts
from builders import build_run
from builders_monitoring import build_area_sites, build_matured, build_monitoring_params, origins


def test_plot_verified_skill_draws_both_references_of_a_pollutant():
    # The skill of forecasts one off is 0 against a persistence one off, and 1 - 1/4 against a climatology two off.
    verification = verify_forecasts(
        build_matured(origins(40)), build_area_sites(), build_run(), build_monitoring_params()
    )
    figure = plot_verified_skill(verification, build_run(pollutants=("pm25", "ozone")))
    assert {trace.name: trace.y for trace in figure.data} == {
        "PM2.5 against persistence": (0.0,),
        "PM2.5 against climatology": (0.75,),
    }


def test_plot_verified_skill_says_that_nothing_has_matured():
    figure = plot_verified_skill(schemas.empty("Verification"), build_run())
    assert [note.text for note in figure.layout.annotations] == ["No forecast has matured yet"]


def test_plot_verified_skill_marks_the_sandbox():
    titles = {
        source: plot_verified_skill(
            schemas.empty("Verification"), build_run(source=source, area={"cbsa": "31080"})
        ).layout.title.text
        for source in ("sandbox", "aqs")
    }
    assert "sandbox" in titles["sandbox"]
    assert "sandbox" not in titles["aqs"]
