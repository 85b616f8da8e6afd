# Debian packages, downloaded and unpacked below the cache; nothing is installed. To be sourced by guests/build.sh.
#
# Sets nothing but functions. Uses $cache (a folder), and $architecture.

# Where the apt of the host keeps its own lists, or, if those do not know what is asked for, lists of ours: an ordinary user may
# not refresh the host's. Ours are refreshed when they do not know it either, or name what the archive has no more; so what is
# there already needs no network.
apt_options=()
apt_refreshed=false

use_own_apt_lists() {
    local state=$cache/apt
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    apt_options=(-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none")
}

# refresh_own_apt_lists: once in a run; fails if that was done before.
refresh_own_apt_lists() {
    [ $apt_refreshed = false ] || return 1
    use_own_apt_lists
    apt_refreshed=true
    say 'refreshing the list of Debian packages'
    apt-get "${apt_options[@]}" -qq update || fail "apt-get update failed; is there a network, and does /etc/apt name Debian's archive?"
}

# use_backports: from here on what Debian has backported to the host's release is preferred; fails if that cannot be had.
use_backports() {
    local state=$cache/apt-backports release options
    release=$(. /etc/os-release && [ "$ID" = debian ] && printf '%s\n' "$VERSION_CODENAME") || return 1
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/sources"
    printf '%s\n' 'Types: deb' 'URIs: http://deb.debian.org/debian' "Suites: $release $release-updates $release-backports" 'Components: main' \
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' > "$state/sources/debian.sources"
    options=(-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$state/sources"
        -o "APT::Default-Release=$release-backports" -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none)
    # Once a day is enough. An older list serves as long as its packages are there.
    if [ -z "$(find "$state/refreshed" -mmin -1440 2>/dev/null)" ]; then
        say "refreshing the list of $release-backports"
        if apt-get "${options[@]}" -qq -o APT::Update::Error-Mode=any update >/dev/null 2>&1; then
            touch "$state/refreshed"
        fi
    fi
    [ -e "$state/refreshed" ] || return 1
    apt_options=("${options[@]}")
    # Lists of another kind would mix versions: what these do not have is an error.
    apt_refreshed=true
}

# find_candidate PACKAGE: the version that apt would install, in $version; fails if it knows none.
find_candidate() {
    version=$(apt-cache "${apt_options[@]}" policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
    [ -n "$version" ] && [ "$version" != '(none)' ]
}

# require_candidate PACKAGE: the same, with our lists or newer ones if need be.
require_candidate() {
    find_candidate "$1" && return
    use_own_apt_lists
    find_candidate "$1" || { refresh_own_apt_lists && find_candidate "$1"; } || fail "Debian has no package $1 for $architecture"
}

# package PACKAGE[=VERSION]: downloads and unpacks it once; the folder is in $unpacked.
package() {
    local name=${1%%=*} version=${1#*=} folder
    [ "$name" != "$1" ] || require_candidate "$name"
    folder=$cache/packages/${name}_$version
    if [ ! -d "$folder" ]; then
        say "fetching $name $version"
        rm -rf "$folder".new.*
        mkdir -p "$folder.new.$$/deb"
        if ! (cd "$folder.new.$$/deb" && apt-get "${apt_options[@]}" -qq download "$name=$version" >/dev/null 2>&1); then
            # The host's list is older than the archive.
            refresh_own_apt_lists || fail "apt-get download $name failed; is there a network?"
            rm -rf "$folder.new.$$"
            package "$name"
            return
        fi
        dpkg-deb -x "$folder.new.$$"/deb/*.deb "$folder.new.$$"
        rm -rf "$folder.new.$$/deb"
        mv "$folder.new.$$" "$folder"
    fi
    unpacked=$folder
}

# fetch_packages PACKAGE=VERSION...: downloads and unpacks those that are missing, all at once: an apt-get for each costs half a
# second. What could not be had is left to package, which says so.
fetch_packages() {
    local name folder file missing=()
    for name in "$@"; do
        [ -d "$cache/packages/${name/=/_}" ] || missing+=("$name")
    done
    [ ${#missing[@]} -ne 0 ] || return 0
    say "fetching ${#missing[@]} packages, such as ${missing[0]%%=*}"
    folder=$cache/packages/new.$$
    rm -rf "$folder"
    mkdir -p "$folder/deb"
    (cd "$folder/deb" && apt-get "${apt_options[@]}" -qq download "${missing[@]}" >/dev/null 2>&1) || true
    for file in "$folder"/deb/*.deb; do
        [ -e "$file" ] || continue
        name=$(dpkg-deb -W --showformat='${Package}_${Version}' "$file")
        dpkg-deb -x "$file" "$folder/$name"
        [ -d "$cache/packages/$name" ] || mv "$folder/$name" "$cache/packages/$name"
    done
    rm -rf "$folder"
}

# named_dependency PACKAGE BEGINNING: the first package whose name begins so (a regular expression) of those that a package depends on.
named_dependency() {
    apt-cache "${apt_options[@]}" depends "$1" | sed -n "s/^ *Depends: \\($2[^ ]*\\).*/\\1/p" | head -n 1
}

# kernel_package: the package that linux-image-cloud-amd64 stands for, such as linux-image-6.1.0-56-cloud-amd64, if it has a candidate.
kernel_package() { named_dependency linux-image-cloud-amd64 'linux-image-[0-9]'; }

# needed_packages PACKAGE...: they and all that they depend on, as if nothing were installed, as PACKAGE=VERSION. They must have
# candidates.
needed_packages() {
    apt-get "${apt_options[@]}" -qq --print-uris --no-install-recommends -o Dir::State::status=/dev/null install "$@" 2>/dev/null \
        | awk '{ split($2, part, "_"); gsub("%3a", ":", part[2]); print part[1] "=" part[2] }'
}
