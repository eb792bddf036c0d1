"""The resources that the steps of the demo share."""

from dataclasses import dataclass

from infra.embedded.session import Servers
from infra.postgres.database import Database
from infra.settings import Settings
from services.demo.progress import View
from services.demo.scenario import CampaignTime, Scenario


@dataclass(frozen=True, slots=True)
class Stage:
    """Resources of a running demo."""

    settings: Settings  # with the addresses of the embedded servers
    scenario: Scenario
    servers: Servers
    time: CampaignTime
    database: Database  # as planner: reads everything but names
    view: View
    url: str
