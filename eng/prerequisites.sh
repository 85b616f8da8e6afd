# What this computer must have. To be sourced by quickstart.sh and test.sh, which name themselves in the first argument.

# Debian packages that NativeAOT links with; the guests are built with what every Debian has.
build_packages=(gcc libc6-dev zlib1g-dev ca-certificates)

# Debian packages whose programs make networks, for the tests of those; a host without networks does not need them.
network_packages=(iproute2 nftables dnsmasq-base passt util-linux)

check_computer() {
    if [ "$(uname -s)" != Linux ] || [ "$(uname -m)" != x86_64 ]; then
        echo "$1: Nestvisor runs on x86-64 Linux; this is $(uname -s) on $(uname -m)." >&2
        exit 69
    fi
    if ! command -v dotnet >/dev/null && [ -x "${HOME-}/.dotnet/dotnet" ]; then
        export DOTNET_ROOT=$HOME/.dotnet PATH=$HOME/.dotnet:$PATH
    fi
    if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
        echo "$1: the .NET SDK 10 is missing. To install it for this user:" >&2
        echo '    curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0' >&2
        exit 69
    fi
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDTERMINALLOGGER=off
    # An account without a home, such as the one that tests switch to.
    if [ -z "${HOME-}" ] || [ ! -w "$HOME" ]; then
        export HOME=${TMPDIR:-/tmp}/nestvisor-home-$(id -u)
        mkdir -p "$HOME"
    fi
    echo "x86-64 Linux $(uname -r), $(nproc) processors, .NET SDK $(dotnet --version), user $(id -un 2>/dev/null || id -u)"
}

# install_packages WHO PACKAGE...: installs those that are missing, or prints the line that does.
install_packages() {
    local who=$1 package missing=() become=()
    shift
    for package in "$@"; do
        [ "$package" != gcc ] || ! command -v clang >/dev/null || continue
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        echo 'all Debian packages that are needed are installed'
        return
    fi
    if ! command -v apt-get >/dev/null; then
        echo "$who: this is not Debian or Ubuntu; install what these packages hold: ${missing[*]}" >&2
        exit 69
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            become=(sudo -n)
        else
            echo "$who: packages are missing, and this user may not install any. Run this, then $who again:" >&2
            echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
            exit 69
        fi
    fi
    echo "installing ${missing[*]}"
    "${become[@]}" apt-get -qq update
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}
