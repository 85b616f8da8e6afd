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

# package PACKAGE: downloads and unpacks it once; the folder is in $unpacked.
package() {
    local name=$1 version folder
    require_candidate "$name"
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

# kernel_package: the package that linux-image-cloud-amd64 stands for, such as linux-image-6.1.0-56-cloud-amd64, if it has a candidate.
kernel_package() {
    apt-cache "${apt_options[@]}" depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1
}

# needed_packages PACKAGE: it and all that it depends on, as if nothing were installed. It must have a candidate.
needed_packages() {
    apt-get "${apt_options[@]}" -qq --print-uris --no-install-recommends -o Dir::State::status=/dev/null install "$1" 2>/dev/null \
        | awk '{ sub(/_.*/, "", $2); print $2 }'
}
