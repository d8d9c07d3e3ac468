"""Documents that speak of code: dashboards, alert rules and the threat model name only what there is."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from airlines.services import search_cache  # noqa: F401 -- its numbers
from flights_project.gateway import metrics as requests  # noqa: F401 -- likewise
from flights_project.lib import metrics
from flights_project.stream import application  # noqa: F401 -- likewise
from notifications.kinds import KINDS

OPERATIONS = Path(settings.BASE_DIR, "docs/operations")
SECURITY = Path(settings.BASE_DIR, "docs/security.md")
NAME = re.compile(r"\bflights_\w+")


def expressions_of_the_dashboard() -> list[str]:
    dashboard = json.loads((OPERATIONS / "grafana-dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def expressions_of_the_alerts() -> list[str]:
    groups = yaml.safe_load((OPERATIONS / "prometheus-alerts.yaml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("expressions", [expressions_of_the_dashboard, expressions_of_the_alerts])
def test_they_name_only_numbers_that_exist(expressions):
    named = {name for expression in expressions() for name in NAME.findall(expression)}

    assert named
    assert named <= metrics.names()


def test_every_number_is_documented():
    page = Path(settings.BASE_DIR, "docs/architecture/observing.md").read_text()
    ours = {name for name in metrics.names() if name.startswith("flights_")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in ours}

    assert {name for name in families if f"`{name}`" not in page} - {"flights_open"} == set()


def test_every_setting_of_the_environment_is_documented():
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', Path(settings.BASE_DIR, "flights_project/settings.py").read_text())
    page = Path(settings.BASE_DIR, "docs/architecture/running.md").read_text()

    assert read
    assert [name for name in read if not re.search(rf"`{name}[`=]", page)] == []


def test_every_kind_of_message_is_documented():
    page = Path(settings.BASE_DIR, "docs/architecture/messages.md").read_text()

    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []


PAGES = [
    page
    for folder in (".", "docs", "docs/architecture", "docs/decisions", "docs/operations", "clients/python")
    for page in sorted(Path(settings.BASE_DIR, folder).glob("*.md"))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(settings.BASE_DIR)))
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


def names_in(path: str) -> set[str]:
    tree = ast.parse(Path(settings.BASE_DIR, path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


THREATS = [
    (line.split("|")[1].strip(), re.findall(r"`([\w/]+\.py)::(\w+)`", line))
    for line in SECURITY.read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| threat", "| --"))
]


@pytest.mark.parametrize(("threat", "answers"), THREATS, ids=[threat for threat, _ in THREATS])
def test_each_threat_names_tests_that_there_are(threat, answers):
    assert answers
    for path, name in answers:
        assert name in names_in(path)
