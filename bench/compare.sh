#!/bin/bash
# Compares Nestvisor's software engine with QEMU's TCG on this computer: same kernel, same userland, same memory, one virtual
# processor, in turns, medians. Prints a line a row: ours, TCG's, their ratio, what is required.
# The sessions' logs stay in artifacts/bench; nothing is installed. docs/performance.md tells more.
set -euo pipefail
export LC_ALL=C
root=$(cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
bench=$root/bench
programs=$root/artifacts/nestvisor
guests=$root/artifacts/guests
images=$guests/bench
logs=$root/artifacts/bench
runs=5
limit=1800
build=true
chosen=()
processors=1
# MiB. L2 and L3 get what guests/bench/init says, on both sides.
memory=2048
ramdisk=bench.cpio
wired=false
# Debian's kernel tests its ciphers at boot unless told otherwise, on both sides.
common='console=ttyS0 panic=-1 cryptomgr.notests quiet name=L1'

usage() {
    echo 'Usage: bench/compare.sh [--runs N] [--limit SECONDS] [--no-build] [ROW|GROUP...]
       bench/compare.sh --list
  --runs N          runs of each session, 5 if not given
  --limit SECONDS   how long one session may take, 1800 if not given
  --no-build        takes programs and images as they are
  --list            the rows and their groups'
}
fail() { echo "compare.sh: $*" >&2; exit 1; }
refuse() { echo "compare.sh: $*" >&2; exit 64; }
say() { echo "compare: $*" >&2; }
number() { [[ ${2-} =~ ^[1-9][0-9]{0,5}$ ]] || refuse "$1 takes a whole number from 1, not '${2-}'."; }

# Why the network cannot be measured here; nothing if it can.
no_network() {
    if [ "$(id -u)" != 0 ]; then
        echo 'only root makes network namespaces and TAP interfaces'
    elif ! command -v ip >/dev/null; then
        echo 'ip is missing (package iproute2)'
    elif [ ! -e /dev/net/tun ]; then
        echo '/dev/net/tun is missing'
    fi
}

while [ $# -gt 0 ]; do
    case $1 in
        --runs) number "$@"; runs=$2; shift ;;
        --limit) number "$@"; limit=$2; shift ;;
        --no-build) build=false ;;
        --list) exec python3 -B "$bench/report.py" list ;;
        -h | --help) usage; exit 0 ;;
        -*) refuse "there is no option '$1'; see --help." ;;
        *) chosen+=("$1") ;;
    esac
    shift
done
command -v python3 >/dev/null || fail 'python3 is missing; it stamps the consoles (package python3).'
lack=$(no_network)
if [ -n "$lack" ] && [ ${#chosen[@]} = 0 ]; then
    say "the groups of the network are left out: $lack"
    mapfile -t chosen < <(python3 -B "$bench/report.py" list | awk '$2 !~ /^network/ { print $2 }' | sort -u)
fi
plan=$(python3 -B "$bench/report.py" plan "${chosen[@]}") || exit 64
[[ -z $lack || $plan != *network* ]] || fail "the network cannot be measured: $lack."
mkdir -p "$logs"
exec 8> "$logs/lock"
flock -n 8 || fail 'another comparison is running; two at a time would measure each other.'

if $build; then
    . "$root/eng/prerequisites.sh"
    check_computer compare.sh >&2
    "$root/eng/publish.sh" >&2
    "$root/guests/build.sh" bench >&2
    [[ $plan != *quickstart* ]] || "$root/guests/build.sh" lab >&2
fi
for file in "$programs/nestvisor-worker" "$programs/nestvisor" "$guests/vmlinuz" "$images"/{bench.cpio,network.cpio,vmm.img,tools.img,guestbench,netbench,first,versions}; do
    [ -e "$file" ] || fail "$file is missing; run without --no-build."
done

rm -f "$logs"/*.log
scratch=$(mktemp -d "${TMPDIR:-/tmp}/nestvisor-bench.XXXXXX")
running=
service=
tidy() {
    [ -z "$running" ] || { kill "$running" 2>/dev/null && wait "$running" || true; }
    stop_service
    rm -rf "$scratch"
}
# Machines outlive their service, so what an interrupted session has left goes first.
stop_service() {
    [ -n "$service" ] || return 0
    timeout 60 "$programs/nestvisor" -NoProfile -Command 'Get-VM | Stop-VM -TurnOff' >/dev/null 2>&1 8>&- || true
    kill "$service" 2>/dev/null && wait "$service" || true
    service=
}
trap tidy EXIT
trap 'exit 130' INT TERM

# stamp ARGUMENT...: the stamping program, so that a signal to this script is not kept waiting by it.
stamp() {
    python3 -B "$bench/stamp.py" --limit "$limit" "$@" 8>&- &
    running=$!
    wait "$running" || say "the session did not end as it should, see $log"
    running=
}

# machine SIDE WORDS STAMP-OPTIONS... -- DISK...: one run of L1. A disk is FILE,ro or FILE.
machine() {
    local side=$1 line="$common $2" options=() wire=() command disk
    shift 2
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    case $side in
    ours)
        command=("$programs/nestvisor-worker" boot --engine software --expose-virtualization-extensions --cpus $processors --memory "${memory}M"
            --kernel "$guests/vmlinuz" --initrd "$images/$ramdisk" --append "$line")
        if $wired; then
            wire=("$bench/wire.sh" "$images/netbench" multi)
            command+=(--network tap0,02:00:00:00:00:01)
        fi
        for disk in "$@"; do
            command+=(--disk "$disk")
        done
        ;;
    tcg)
        # By its own loader, with its own libraries: the host need not have any of them.
        command=("$images/qemu/lib/ld-linux-x86-64.so.2" --library-path "$images/qemu/lib" "$images/qemu/bin/qemu-system-x86_64"
            -L "$images/qemu/share" -machine pc -accel tcg -cpu max -smp $processors -m "$memory" -nodefaults -no-user-config -no-reboot
            -display none -monitor none -serial stdio -kernel "$guests/vmlinuz" -initrd "$images/$ramdisk" -append "$line")
        if $wired; then
            wire=("$bench/wire.sh" "$images/netbench" single)
            command+=(-netdev tap,id=wire,ifname=tap0,script=no,downscript=no,vhost=off -device virtio-net-pci,netdev=wire,mac=02:00:00:00:00:01,romfile=)
        fi
        for disk in "$@"; do
            if [ "${disk%,ro}" != "$disk" ]; then
                command+=(-drive "file=${disk%,ro},format=raw,if=virtio,readonly=on")
            else
                command+=(-drive "file=$disk,format=raw,if=virtio")
            fi
        done
        ;;
    esac
    stamp "${options[@]}" "$log" "${wire[@]}" "${command[@]}"
}

# start_in_shell ITEM LINE ARGUMENT...: Start-VM in a nestvisor that runs, with a service of its own, until that line of the guest.
start_in_shell() {
    local state=$scratch/service item=$1 last=$2
    shift 2
    rm -rf "$state"
    mkdir -p "$state"
    export NESTVISOR_STATE=$state/state NESTVISOR_RUNTIME=$state/run
    "$programs/nestvisor-service" run --idle-timeout 0 > "$state/log" 2>&1 8>&- &
    service=$!
    stamp --follow "$NESTVISOR_STATE/vms/*/console.log" "$log" "$programs/nestvisor" -NoProfile -File "$bench/start-vm.ps1" \
        -Item "$item" -Last "$last" -Memory $((memory << 20)) "$@"
    stop_service
    unset NESTVISOR_STATE NESTVISOR_RUNTIME
}

# session NAME SIDE ITEMS: what rows.py names.
session() {
    local name=${1%-off} side=$2 work=${3//,memory/} words='' monitor=$2
    [ "$work" != memory ] || work=
    [ "$name" = "$1" ] || words='mitigations=off monitor=mitigations=off'
    # Each side's own monitor runs L2, unless the session says whose.
    case $name in
    *-nestvisor) monitor=ours ;;
    *-qemu) monitor=tcg ;;
    esac
    [ "$monitor" != ours ] || words+=' vmm=nestvisor'
    [ "$monitor" != tcg ] || words+=' vmm=qemu'
    case $name/$side in
    start/ours) start_in_shell start 'L1: init' -Kernel "$guests/vmlinuz" -RamDisk "$images/bench.cpio" -CommandLine "$common $words role=wait" ;;
    first/ours) start_in_shell first 'L1: first instruction' -Kernel "$images/first" ;;
    start/tcg) machine "$side" "$words role=wait" --until 'L1: init' -- ;;
    bench/*) machine "$side" "$words ${work:+role=bench work=$work}" --memory "L1: init,$memory" -- ;;
    guests/* | bench2/*) machine "$side" "$words role=vmm work=$work" -- "$images/vmm.img,ro" ;;
    nested/*) machine "$side" "$words role=vmm work=nested" -- "$images/vmm.img,ro" ;;
    programs/*)
        # Not sparse: both sides read what the host has in its page cache.
        head -c 64M /dev/zero > "$scratch/disk"
        machine "$side" "$words role=programs work=$work" -- "$images/tools.img,ro" "$scratch/disk"
        ;;
    network/*) ramdisk=network.cpio wired=true machine "$side" "$words role=network address=10.77.0.2" -- ;;
    network2-*/*) ramdisk=network.cpio wired=true machine "$side" "$words role=vmm work=network" -- "$images/vmm.img,ro" ;;
    parallel/ours) processors=2 machine "$side" "$words role=parallel work=$work" -- ;;
    parallel/host) stamp "$log" "$images/guestbench" -m -v -p 2 ${work//,/ } ;;
    native/*) stamp "$log" "$images/guestbench" -m -v ${work//,/ } ;;
    quickstart/*) stamp "$log" "$root/quickstart.sh" ;;
    *) fail "there is no session $name for $side." ;;
    esac
}

mapfile -t sessions <<< "$plan"
echo "Nestvisor $(git -C "$root" describe --always --dirty 2>/dev/null || echo 'of unknown version') (software engine) and QEMU's TCG, $(date -u +%F)"
sed -n 's/^model name[^:]*: /processor: /p' /proc/cpuinfo | head -n 1
echo "host: Linux $(uname -r), $(nproc) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg) before"
cat "$images/versions"
for ((run = 1; run <= runs; run++)); do
    order=("${sessions[@]}")
    # Every other run begins with the other side, lest the order favour one.
    if ((run % 2 == 0)); then
        mapfile -t order < <(printf '%s\n' "${sessions[@]}" | tac)
    fi
    for entry in "${order[@]}"; do
        read -r name side items <<< "$entry"
        say "run $run of $runs: $name, $side"
        log=$logs/$name.$side.$run.log
        session "$name" "$side" "$items"
    done
done
echo "load $(cut -d ' ' -f 1-3 /proc/loadavg) after; $memory MiB, one virtual processor, two in the rows of the group parallel; medians of $runs"
echo
python3 -B "$bench/report.py" table "$logs" "${chosen[@]}"
