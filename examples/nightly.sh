#!/usr/bin/env bash
# A nightly run: the files of inbox/ go in, results are published, alerts are sent.
# Exit code 3 may be worth another try, and the problem's "retry" says whether it is; 2 is for a person.
set -uo pipefail
cd "${CLIENTELA_HOME:?set it to the folder of inbox/ and clientela.toml}" || exit 2
inbox=${CLIENTELA_INBOX:-inbox} # a folder, s3://BUCKET/PREFIX, or the URL of a table
mkdir -p logs
[[ $inbox == *://* ]] || mkdir -p "$inbox"

for attempt in 1 2 3; do
  clientela run --inbox "$inbox" --json >logs/last-run.json 2>>logs/clientela.log
  code=$?
  [ "$code" -eq 3 ] && grep -q '"retry":true' logs/last-run.json && [ "$attempt" -lt 3 ] || break
  sleep "${CLIENTELA_RETRY_SECONDS:-600}"
done

if [ -n "${CLIENTELA_ALERT_URLS:-}${CLIENTELA_HEARTBEAT_URL:-}" ]; then
  clientela monitor --send --json >logs/last-monitor.json 2>>logs/clientela.log
fi
exit "$code"
