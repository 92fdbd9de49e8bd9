"""The tables that belong to no run: the programme's ledger, experiments, audiences and keys.

Runs are replaced; what was promised to a person and who may ask is recorded once and stays.
"""

from clientela.contract.result_table import (
    ResultTable,
    define_table,
    key,
    mandatory,
    optional,
    sentences,
)

RECORD_TABLES: tuple[ResultTable, ...] = (
    # The programme's ledger: rules in versions, memberships as records, counts without names.
    # It belongs to no run, and nothing ever deletes from it but the erasure of a person.
    define_table(
        "programme_rules",
        *key("integer", "version"),
        *mandatory("json", "entry", "exit"),
        *mandatory("days", "grace_days"),
        *mandatory("moment", "proposed_at"),
        *mandatory("id", "run_id"),
        *mandatory("count", "members", "entering", "leaving"),
        *optional("amount", "expected_revenue", "expected_revenue_change"),
        *optional("days", "horizon_days"),
        *optional("share", "returned_share", "returned_leavers_share"),
        *optional("moment", "approved_at"),
        *optional("text", "approved_by"),
        *optional("date", "valid_from"),
        owner="",
    ),
    define_table(
        "programme_memberships",
        *key("integer", "position"),
        *mandatory("date", "recorded_on"),
        *mandatory("id", "customer_id"),
        *mandatory("date", "entered_on"),
        *optional("date", "warned_on", "leaves_on", "left_on"),
        *mandatory("integer", "rule_version"),
        *mandatory("id", "run_id"),
        *mandatory("text", "reason"),
        *optional("id", "other_id"),
        *optional("json", "source_ids"),
        owner="",
    ),
    define_table(
        "programme_reviews",
        *key("date", "reviewed_on"),
        *mandatory("integer", "rule_version"),
        *mandatory("id", "run_id"),
        *mandatory("count", "members", "entered", "warned", "recovered", "left", "corrected"),
        owner="",
    ),
    # Experiments and the customers drawn for them, which belong to no run.
    define_table(
        "experiments",
        *key("id", "experiment_id"),
        *mandatory("text", "name"),
        *mandatory("moment", "created_at"),
        *mandatory("date", "as_of"),
        *mandatory("json", "design"),
        owner="",
    ),
    define_table(
        "experiment_members",
        *key("id", "customer_id"),
        *mandatory("text", "arm"),
        *optional("text", "stratum"),
        *optional("number", "before", "expected"),
        *optional("date", "starts_on"),
        owner="experiment_id",
    ),
    # Audiences: whom a saved filter names, run by run; of a frozen one the people it named.
    define_table(
        "audiences",
        *key("id", "audience_id"),
        *mandatory("text", "name", "filter"),
        *optional("text", "channel"),
        *mandatory("flag", "frozen", "declared"),
        *mandatory("text", "created_by"),
        *mandatory("moment", "created_at", "changed_at"),
        owner="",
    ),
    define_table("audience_members", *key("id", "customer_id"), owner="audience_id"),
    define_table(
        "audience_sizes",
        *key("id", "run_id"),
        *mandatory("date", "as_of"),
        *mandatory("count", "customers"),
        *mandatory("amount", "revenue"),
        *optional("amount", "expected_revenue"),
        *optional("count", "entered", "left"),
        owner="audience_id",
    ),
    # Who asked to be erased, until it is done; then a receipt that names nobody.
    define_table(
        "erasure_requests",
        *key("integer", "position"),
        *mandatory("id", "customer_id"),
        *mandatory("moment", "requested_at"),
        *mandatory("text", "requested_by"),
        *optional("json", "spellings"),
        owner="",
    ),
    define_table(
        "erasures",
        *key("integer", "position"),
        *mandatory("text", "person"),
        *mandatory("moment", "requested_at", "done_at"),
        *mandatory("text", "requested_by"),
        *mandatory("json", "receipt"),
        owner="",
    ),
    # What alarmed: one row from the first run that saw it to the first that did not.
    define_table(
        "alerts",
        *key("integer", "position"),
        *mandatory("text", "cause", "area", "name"),
        *mandatory("id", "run_id"),
        *mandatory("moment", "opened_at"),
        *sentences("sentence", "advice"),
        *optional("moment", "closed_at", "sent_at", "acknowledged_at"),
        *optional("text", "acknowledged_by"),
        *optional("moment", "silenced_until"),
        owner="",
    ),
    # Who may ask the API.
    define_table(
        "api_keys",
        *key("id", "key_id"),
        *mandatory("text", "name", "hash", "roles"),
        *optional("text", "owner", "networks"),
        *optional("count", "daily_budget"),
        *mandatory("moment", "created_at"),
        *optional("moment", "expires_at", "revoked_at"),
        owner="",
    ),
    # Who may log in, and who has.
    define_table(
        "users",
        *key("id", "user_id"),
        *mandatory("text", "name", "roles"),
        *optional("text", "password_hash", "subject"),
        *mandatory("moment", "created_at"),
        *optional("moment", "disabled_at"),
        owner="",
    ),
    define_table(
        "sessions",
        *key("id", "hash"),
        *mandatory("id", "user_id"),
        *mandatory("moment", "created_at", "expires_at"),
        owner="",
    ),
)
