#!/bin/sh
# Publishes the programs and modules into artifacts/nestvisor:
#   nestvisor (shell, ReadyToRun), nestvisor-worker and nestvisor-service (NativeAOT), Modules/*.
# What is up to date is skipped. Options: --force publishes all anew; names (shell, worker, service, modules) choose parts.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
cd "$root"
out=$root/artifacts/nestvisor
stamps=$root/artifacts/publish
rid=linux-x64
force=false
parts=
for argument in "$@"; do
    case $argument in
        --force) force=true ;;
        shell | worker | service | modules) parts="$parts $argument" ;;
        *) echo "publish.sh: '$argument' is not an option; use --force or shell, worker, service, modules." >&2; exit 64 ;;
    esac
done
[ -n "$parts" ] || parts='worker service modules shell'
command -v dotnet >/dev/null || { echo 'publish.sh: there is no dotnet; install the .NET SDK 10 (https://dot.net).' >&2; exit 69; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDTERMINALLOGGER=off
mkdir -p "$out/Modules" "$stamps"

# sources PROJECT...: the files whose change makes a publish necessary.
sources() {
    ls Directory.Build.props Directory.Packages.props global.json src/Directory.Build.props eng/publish.sh
    for project in "$@"; do
        find "$([ "$project" = HelpWriter ] && echo eng || echo src)/$project" -type f ! -path '*/bin/*' ! -path '*/obj/*'
    done
}

# stale STAMP FILE PROJECT...: FILE is missing or a source has changed since STAMP was written (by content, so that a fresh
# check-out or a touched file costs nothing).
stale() {
    stamp=$stamps/$1; file=$2; shift 2
    sum=$(sources "$@" | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cat | cksum)
    [ "$force" = true ] || [ ! -e "$file" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]
}
stamp() { echo "$sum" > "$stamp"; }

quietly() {
    if ! "$@" > "$stamps/log" 2>&1; then
        grep -E ' error |error :|warning' "$stamps/log" | sort -u | head -n 40 >&2 || tail -n 40 "$stamps/log" >&2
        echo "publish.sh: failed: $* (all of it: $stamps/log)" >&2
        exit 1
    fi
}

# native NAME PROJECT REFERENCES...: a NativeAOT program.
native() {
    name=$1; project=$2; shift 2
    if ! stale "$name" "$out/$name" "$project" "$@"; then
        echo "$name: up to date"
        return
    fi
    echo "$name: publishing ($project, NativeAOT)"
    quietly dotnet publish "src/$project" -c Release -r $rid -m:1 --nologo -v q -o "$stamps/$name.out"
    cp "$stamps/$name.out/$name" "$out/$name.new"
    mv "$out/$name.new" "$out/$name"
    stamp
}

# module NAME PROJECT ASSEMBLIES...: a folder in Modules, compiled ReadyToRun.
module() {
    name=$1; project=$2; shift 2
    if [ ! -e "src/$project/$name.psd1" ] && [ ! -e "src/$project/Module/$name.psd1" ]; then
        echo "module $name: $project has no $name.psd1 yet, skipped"
        return
    fi
    if ! stale "$name" "$out/Modules/$name/$name.psd1" "$project" Nestvisor.Api Nestvisor.Shell.Utility HelpWriter; then
        echo "module $name: up to date"
        return
    fi
    echo "module $name: publishing ($project)"
    rm -rf "$stamps/$name.out"
    quietly dotnet publish "src/$project" -c Release -r $rid --no-self-contained -p:PublishReadyToRun=true -m:1 --nologo -v q -o "$stamps/$name.out"
    rm -rf "$out/Modules/$name.new"
    mkdir -p "$out/Modules/$name.new"
    # A project may lay its module out itself; its assemblies are then taken from the top, where they are compiled ReadyToRun.
    if [ -d "$stamps/$name.out/Modules/$name" ]; then
        cp -r "$stamps/$name.out/Modules/$name/." "$out/Modules/$name.new/"
    fi
    # Only what is ours: the engine and its libraries are the shell's, and would be loaded twice.
    find "$stamps/$name.out" -mindepth 1 -maxdepth 1 \( -name 'Nestvisor.*.dll' -o -name '*.psd1' -o -name '*.ps1xml' -o -name '*.psm1' -o -name '*-Help.xml' -o -name 'en-US' \) -exec cp -r {} "$out/Modules/$name.new/" \;
    rm -rf "$out/Modules/$name"
    mv "$out/Modules/$name.new" "$out/Modules/$name"
    stamp
}

# modules_of PROJECT MODULE: the modules that one assembly is in; it lies in the folder of MODULE.
modules_of() {
    project=$1; holder=$2
    # The sources of Nestvisor.PowerShell that the project compiles count too.
    if ! stale "$project" "$out/Modules/$holder/$project.dll" "$project" Nestvisor.PowerShell Nestvisor.Api; then
        echo "modules of $project: up to date"
        return
    fi
    echo "modules of $project: publishing"
    rm -rf "$stamps/$project.out"
    quietly dotnet publish "src/$project" -c Release -r $rid --no-self-contained -p:PublishReadyToRun=true -m:1 --nologo -v q -o "$stamps/$project.out"
    for folder in "$stamps/$project.out/Modules"/*/; do
        name=$(basename "$folder")
        rm -rf "$out/Modules/$name"
        cp -r "$folder" "$out/Modules/$name"
    done
    cp "$stamps/$project.out"/Nestvisor.*.dll "$out/Modules/$holder/"
    stamp
}

shell() {
    if ! stale shell "$out/nestvisor" Nestvisor.Shell Nestvisor.PowerShell Nestvisor.PowerShell.Networking Nestvisor.Api; then
        echo 'nestvisor: up to date'
        return
    fi
    echo 'nestvisor: publishing (Nestvisor.Shell, ReadyToRun)'
    rm -rf "$stamps/shell.out"
    quietly dotnet publish src/Nestvisor.Shell -c Release -r $rid --self-contained -p:PublishReadyToRun=true -m:1 --nologo -v q -o "$stamps/shell.out"
    rm -rf "$stamps/shell.out"/*.pdb "$stamps/shell.out/Modules"
    # The launcher last: as long as it is not there, ./nestvisor says so.
    rm -f "$out/nestvisor"
    mv "$stamps/shell.out/nestvisor" "$stamps/nestvisor.new"
    cp -r "$stamps/shell.out/." "$out/"
    mv "$stamps/nestvisor.new" "$out/nestvisor"
    rm -rf "$stamps/shell.out"
    stamp
}

for part in $parts; do
    case $part in
        worker) native nestvisor-worker Nestvisor.Worker Nestvisor.Api Nestvisor.Platform Nestvisor.X64 Nestvisor.Virtualization Nestvisor.Engine.Kvm \
            Nestvisor.Engine.Software Nestvisor.Storage Nestvisor.Networking Nestvisor.Devices Nestvisor.Machine ;;
        service) native nestvisor-service Nestvisor.Management Nestvisor.Api Nestvisor.Storage Nestvisor.Networking Nestvisor.Platform ;;
        modules)
            module Hyper-V Nestvisor.PowerShell
            modules_of Nestvisor.PowerShell.Networking NetTCPIP
            module Microsoft.PowerShell.Utility Nestvisor.Shell.Utility
            module Microsoft.PowerShell.Management Nestvisor.Shell.Management ;;
        shell) shell ;;
    esac
done
echo "in $out"
