"""Kedro-Viz shows collapsible stages, layers and previews."""

import json

from tests.conftest import kedro
from tests.project import Project

STAGES = {"ingestion", "validation", "baseline", "training", "evaluation", "promotion"}
WITHOUT_PREVIEW = {
    "workspace",
    "training_task",
    "pictures",
    "champions",
    "ingestion_store",
    "run_info",
    "ingestion_metrics",
    "quality_report",
    "report",
    "release",
    "release_draft",
    "approvals",
    "channel",
    "notices",
    "registered_release",
    "fleet_metrics",
}


def test_the_static_site_has_groups_layers_and_previews(few: Project) -> None:
    """One preview that cannot be written as JSON would leave the whole site unbuilt."""
    done = kedro(few, "viz", "build", "--include-previews")
    site = few.path / "build" / "api"
    assert (site / "main").is_file(), done.stderr[-3000:] + done.stdout[-3000:]
    main = json.loads((site / "main").read_text())
    assert set(main["modular_pipelines"]) == {*STAGES, "__root__"}
    assert main["layers"] == [
        "raw", "intermediate", "primary", "feature", "models", "model_output", "reporting",
        "release",
    ]  # fmt: skip
    assets = {node["id"]: node["name"] for node in main["nodes"] if node["type"] == "data"}
    shown = set()
    for identity, name in assets.items():
        node = json.loads((site / "nodes" / identity).read_text())
        if node.get("preview"):
            shown.add(name)
    assert set(assets.values()) - shown == WITHOUT_PREVIEW
