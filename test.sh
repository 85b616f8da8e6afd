#!/bin/bash
# Everything, from a clean clone: builds Release (warnings and formatting are errors of the build), publishes the programs, makes the
# guests, runs all test projects. Ends with one line "N passed, N failed" and an exit code that is not 0 if anything failed.
# ./test.sh [--slow] [PROJECT...]: only these test projects, such as Nestvisor.Guests.Tests; --slow adds what the usual run leaves
# out for its downloads or its length.
set -uo pipefail
root=$(cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
cd "$root" || exit 1
. eng/prerequisites.sh
case ${1-} in
-h | --help)
    echo 'Usage: ./test.sh [--slow] [PROJECT...]'
    exit 0
    ;;
--slow)
    export NESTVISOR_SLOW=1
    shift
    ;;
esac

# A test program that takes longer is killed, with all it has started, and has failed.
limit=${NESTVISOR_TEST_LIMIT:-$([ "${NESTVISOR_SLOW-}" = 1 ] && echo 6000 || echo 1500)}
lanes=2
logs=$root/artifacts/tests
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.result
step() { printf '\n[%4d s] %s\n' "$SECONDS" "$*"; }
give_up() {
    echo "$1"
    echo
    echo '0 passed, 1 failed'
    exit 1
}

step 'preparing'
check_computer test.sh
install_packages test.sh "${build_packages[@]}" "${network_packages[@]}"

step 'building Nestvisor.slnx, Release; warnings and formatting (IDE0055) are errors'
nice dotnet build Nestvisor.slnx -c Release -v q -m:2 --nologo > "$logs/build.log" 2>&1 || {
    grep -E 'error|warn' "$logs/build.log" | sort -u | head -n 40
    give_up "The build failed; all of it: $logs/build.log"
}

step 'publishing the programs'
eng/publish.sh || give_up 'Publishing failed.'

step 'preparing the guests'
guests/build.sh "$([ "${NESTVISOR_SLOW-}" = 1 ] && echo others || echo load)" || give_up 'The guests could not be built.'

# The long ones first, so that the lanes end together. PROJECT:TIER is the bare guests of the software engine once more, in another
# tier than the translator; see tests/Nestvisor.Engine.Software.Tests/Guests/Tier.cs.
projects=(Nestvisor.Guests.Tests Nestvisor.Engine.Software.Tests Nestvisor.Engine.Software.Tests:tiny
    Nestvisor.Engine.Software.Tests:compare Nestvisor.Engine.Software.Tests:interpreter)
for folder in tests/*.Tests; do
    name=$(basename "$folder")
    [[ " ${projects[*]} " == *" $name "* ]] || projects+=("$name")
done
[ $# -eq 0 ] || projects=("$@")

# run PROJECT[:TIER]: one test program under its limit; what it printed and its exit code go to the log folder.
run() {
    local name=$1 project=${1%%:*} code began=$SECONDS filter=()
    local program=artifacts/bin/$project/release/$project
    if [ "$name" != "$project" ]; then
        export NESTVISOR_TEST_TIER=${name#*:}
        filter=(--filter-namespace '*.Tests.Engine' --filter-namespace '*.Tests.Guests' --filter-namespace '*.Tests.Svm')
    fi
    if [ -x "$program" ]; then
        timeout --kill-after=15 "$limit" "$program" --no-ansi --progress off "${filter[@]}" > "$logs/$name.log" 2>&1 < /dev/null
        code=$?
    else
        echo "$program does not exist" > "$logs/$name.log"
        code=127
    fi
    echo "$code $((SECONDS - began))" > "$logs/$name.result"
    echo "[$(printf '%4d' "$SECONDS") s] $name ended ($((SECONDS - began)) s, exit code $code)"
}
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

step "running ${#projects[@]} test projects, $lanes at a time"
for name in "${projects[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge $lanes ]; do
        wait -n
    done
    run "$name" &
done
wait

# number NAME FILE: a number of the summary that a test program prints at its end, such as "  succeeded: 12".
number() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1; }

passed=0 failed=0 skipped=0
printf '\n%-44s %7s %7s %7s %6s\n' project passed failed skipped s
for name in $(printf '%s\n' "${projects[@]}" | LC_ALL=C sort); do
    log=$logs/$name.log
    read -r code seconds < "$logs/$name.result"
    p=$(number succeeded "$log") f=$(number failed "$log") s=$(number skipped "$log") note=
    if [ "$code" = 124 ] || [ "$code" = 137 ]; then
        note="killed after $limit s"
    elif [ -z "$p" ] || [ -z "$f" ]; then
        note="no result, exit code $code"
    elif [ "$code" != 0 ] && [ "$f" = 0 ]; then
        note="exit code $code"
    elif [ $((p + f + ${s:-0})) = 0 ]; then
        note='no tests'
    fi
    # What went wrong beside the tests counts as one more failure.
    [ -z "$note" ] || f=$((${f:-0} + 1))
    printf '%-44s %7d %7d %7d %6d %s\n' "$name" "${p:-0}" "$f" "${s:-0}" "$seconds" "$note"
    passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
done

for name in "${projects[@]}"; do
    log=$logs/$name.log
    read -r code _ < "$logs/$name.result"
    if [ "$code" != 0 ]; then
        printf '\n%s (%s), the end:\n' "$name" "$log"
        grep -E -A 14 '^failed ' "$log" | head -n 120
        tail -n 12 "$log"
    fi
    # A test that is skipped says why.
    if [ "$(number skipped "$log")" != 0 ]; then
        printf '\n%s, skipped:\n' "$name"
        grep -E -A 1 '^skipped ' "$log" | head -n 60
    fi
done

echo
[ $skipped -eq 0 ] || echo "$skipped skipped, for the reasons above"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
