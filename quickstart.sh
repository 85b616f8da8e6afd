#!/bin/bash
# From a fresh clone to a virtual machine in a virtual machine: checks this computer, builds, prepares the guests, runs
# samples/nested-lab.ps1. A second run reuses what is built. Exit code 0 only if the nested virtual machine really came up.
set -euo pipefail
root=$(cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
cd "$root"
started=$SECONDS
. eng/prerequisites.sh

case ${1-} in
    '') ;;
    -h | --help)
        echo 'Usage: ./quickstart.sh'
        echo 'Builds Nestvisor and runs a virtual machine in a virtual machine with it (samples/nested-lab.ps1).'
        exit 0
        ;;
    *) echo "quickstart.sh: there is no option '$1'; see --help." >&2; exit 64 ;;
esac

step() { printf '\n[%4d s] %s\n' $((SECONDS - started)) "$*"; }

step '1/4 checking this computer'
check_computer quickstart.sh
install_packages quickstart.sh "${build_packages[@]}"

step '2/4 building Nestvisor (some minutes the first time)'
eng/publish.sh
artifacts/nestvisor/nestvisor-worker check || true

step '3/4 preparing the guests'
guests/build.sh lab

step '4/4 running samples/nested-lab.ps1'
# A service of its own, which ends with this script: the user's virtual machines are not touched, and nothing is left behind.
state=$(mktemp -d "${TMPDIR:-/tmp}/nestvisor-quickstart.XXXXXX")
export NESTVISOR_STATE=$state/state NESTVISOR_RUNTIME=$state/run
log=$state/output
service=
tidy() {
    if [ -n "$service" ]; then
        timeout 60 ./nestvisor -Command 'Get-VM | Stop-VM -TurnOff' >/dev/null 2>&1 || true
        kill "$service" 2>/dev/null && wait "$service" || true
    fi
    rm -rf "$state"
}
trap tidy EXIT
trap 'exit 130' INT TERM
artifacts/nestvisor/nestvisor-service run --idle-timeout 0 > "$state/service.log" 2>&1 &
service=$!
result=0
./nestvisor -File samples/nested-lab.ps1 2>&1 | tee "$log" || result=$?

# The same evidence once more, independent of the script: none of these lines can come from anything but a running L2.
missing() { echo "quickstart.sh: not seen: $1" >&2; result=1; }
grep -q '^ *console of L2: userland is up after' "$log" || missing "the line of L2's own userland"
grep -q '^ *L1: Get-VM: Name=L2 State=Running Engine=Kvm' "$log" || missing "Get-VM in L1 showing L2 on the Kvm engine"
grep -q '(VMRUN): [1-9]' "$log" || missing 'world switches into L2'
if [ $result -ne 0 ]; then
    echo "quickstart.sh: the nested virtual machine did not come up." >&2
    exit 1
fi
step 'done: a virtual machine in a virtual machine, on your computer'
