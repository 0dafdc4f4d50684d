"""What of the findings in published apps is a false alarm: what it says is not so. Each was looked at by people, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LOOSER = "The rule takes the place of one that was as strict, or stricter: nothing that was accepted is refused."
INDEX = "What goes is an index that makes nothing unique: queries may get slower, nothing fails."
SOME_ROWS = "The condition leaves few of the rows, and not all of them as is said."
NEW_APP = "The app itself is new: nobody uses its tables yet, so its first migrations run before the deploy."
AGAIN = "A column's type can be altered a second time: it is the right one, and nothing happens."
COLLATION = "The type stays, and the collation changes: indexes are built anew, the rows are not written."
TEXT_LENGTH = "The models before it have a length that is a text, on which the judge of phases stumbles."


@dataclass(frozen=True)
class FalseAlarm:
    """``operations``: which of the migration's, empty for all."""

    codes: frozenset[str]
    migration: str
    reason: str
    operations: frozenset[str] = frozenset()

    def is_about(self, finding: Mapping[str, Any]) -> bool:
        return (
            finding["code"] in self.codes
            and finding["migration"] == self.migration
            and (not self.operations or finding["operation"] in self.operations)
        )


def _alarms(codes: str, reason: str, *migrations: str) -> list[FalseAlarm]:
    """Each migration with the places of operations behind it, if not all of them are meant."""
    found = []
    for one in migrations:
        migration, *operations = one.split()
        found.append(FalseAlarm(frozenset(codes.split()), migration, reason, frozenset(operations)))
    return found


FALSE_ALARMS: list[FalseAlarm] = [
    *_alarms(
        "SM101 SM108",
        LOOSER,
        "cms.0041_alter_pageurl_unique_together_pageurl_site_and_more",
        "core.0102_add_domain_relations 30 31 32 33 35 37 38",
        "core.0145_domainize_import_export 2 5",
        "core.0153_taskschedule_pulp_domain_alter_taskschedule_name_and_more 2",
        "wagtailcore.0080_generic_workflowstate 7",
        "wagtailcore.0087_alter_grouppagepermission_unique_together_and_more 3",
    ),
    *_alarms(
        "SM101 SM108",
        INDEX,
        "account.0007_emailaddress_idx_email",
    ),
    *_alarms(
        "SM103",
        NEW_APP,
        "wagtailcore.0001_squashed_0016_change_page_url_path_to_text_field",
    ),
    *_alarms("SM103", TEXT_LENGTH, "helpdesk.0007_max_length_by_integer"),
    *_alarms("SM211", COLLATION, "wagtailcore.0027_fix_collection_path_collation"),
    *_alarms(
        "SM301 SM302",
        SOME_ROWS,
        "account.0006_emailaddress_lower",
        "core.0096_alter_task_logging_cid",
        "djangocms_link.0011_fixed_null_values",
        "post_office.0010_message_id",
        "schedule.0010_events_set_missing_calendar",
    ),
    *_alarms("SM403", AGAIN, "core.0156_alter_contentartifact_relative_path_and_more"),
]


def false_alarm(finding: Mapping[str, Any], known: Iterable[FalseAlarm] = FALSE_ALARMS) -> FalseAlarm | None:
    return next((one for one in known if one.is_about(finding)), None)
