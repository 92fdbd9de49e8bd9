"""The metrics of the server and of runs, declared once: name, and what it says.

No label names a person: the labels are operations, statuses, stages, areas and states.
"""

from typing import Final

SERVER_METRICS: Final[dict[str, str]] = {
    "clientela_http_requests_total": "Requests answered, by operation and status",
    "clientela_http_request_seconds": "Seconds until an answer began, by operation",
    "clientela_http_requests_in_progress": "Requests that are being answered",
    "clientela_recent_requests": "Requests of the last fifteen minutes",
    "clientela_recent_p95_seconds": "Seconds in which 95 of 100 recent answers began",
    "clientela_recent_error_share": "Share of recent answers that were faults of the server",
    "clientela_recent_busiest_share": "Most requests at once, of what one address may have",
    "clientela_access_log_waiting": "Look-ups that are not written into the access log yet",
    "clientela_published_run_end_timestamp_seconds": "When the published run ended",
    "clientela_published_customers": "Customers of the published run",
    "clientela_open_alerts": "Alerts that are open, by area",
}
RUN_METRICS: Final[dict[str, str]] = {
    "clientela_run_exit_code": "How the last run ended: 0 is done",
    "clientela_run_end_timestamp_seconds": "When the last run ended, well or not",
    "clientela_run_success_timestamp_seconds": "When a run was last published",
    "clientela_run_stage_seconds": "Seconds of each stage of the last published run",
    "clientela_run_rows": "Rows of the last published run, by place: in, already_held, canonical, "
    "quarantined",
    "clientela_run_customers": "Customers of the last published run",
    "clientela_run_open_alerts": "Alerts that were open after the last published run",
}
"""For cron runs: a text file that node_exporter collects."""
