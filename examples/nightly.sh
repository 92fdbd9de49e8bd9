#!/usr/bin/env bash
# A nightly run: the files of inbox/ go in, results are published, the files move to done/.
# Exit code 3 (lock, disk, database) is worth another try; 2 (the input is wrong) is not.
set -uo pipefail
cd "${CLIENTELA_HOME:?set it to the folder of inbox/ and clientela.toml}" || exit 2
mkdir -p inbox done logs
shopt -s nullglob
files=(inbox/*)

for attempt in 1 2 3; do
  clientela run "${files[@]}" --json >logs/last-run.json 2>>logs/clientela.log
  code=$?
  [ "$code" -eq 3 ] && [ "$attempt" -lt 3 ] || break
  sleep "${CLIENTELA_RETRY_SECONDS:-600}"
done

if [ "$code" -eq 0 ] && [ "${#files[@]}" -gt 0 ]; then
  for file in "${files[@]}"; do # a name that comes every night must not replace yesterday's file
    mv "$file" "done/$(date +%Y%m%dT%H%M%S)-$(basename "$file")"
  done
fi
exit "$code"
