# Debian packages, downloaded and unpacked below the cache; nothing is installed. To be sourced by guests/build.sh.
#
# Sets nothing but functions. Uses $cache (a folder), and $architecture.

# Where the apt of the host keeps its own lists, or, if those do not know what is asked for, lists of ours: an ordinary user may
# not refresh the host's.
apt_options=()

use_own_apt_lists() {
    [ ${#apt_options[@]} -eq 0 ] || return 1
    local state=$cache/apt
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    apt_options=(-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none")
    say 'refreshing the list of Debian packages'
    apt-get "${apt_options[@]}" -qq update || fail "apt-get update failed; is there a network, and does /etc/apt name Debian's archive?"
}

# candidate PACKAGE: the version that apt would install; fails if it knows none.
candidate() {
    local version
    version=$(apt-cache "${apt_options[@]}" policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
    [ -n "$version" ] && [ "$version" != '(none)' ] && printf '%s\n' "$version"
}

# require_candidate PACKAGE: the same, with newer lists if need be.
require_candidate() {
    candidate "$1" || { use_own_apt_lists >&2 && candidate "$1"; } || fail "Debian has no package $1 for $architecture"
}

# package PACKAGE: downloads and unpacks it once; the folder is in $unpacked.
package() {
    local name=$1 version folder
    version=$(require_candidate "$name")
    folder=$cache/packages/${name}_$version
    if [ ! -d "$folder" ]; then
        say "fetching $name $version"
        rm -rf "$folder".new.*
        mkdir -p "$folder.new.$$/deb"
        if ! (cd "$folder.new.$$/deb" && apt-get "${apt_options[@]}" -qq download "$name=$version" >/dev/null 2>&1); then
            # The host's list is older than the archive.
            use_own_apt_lists || fail "apt-get download $name failed; is there a network?"
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

# kernel_package: the package that linux-image-cloud-amd64 stands for, such as linux-image-6.1.0-56-cloud-amd64.
kernel_package() {
    require_candidate linux-image-cloud-amd64 >/dev/null
    apt-cache "${apt_options[@]}" depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1
}

# needed_packages PACKAGE: it and all that it depends on, as if nothing were installed.
needed_packages() {
    require_candidate "$1" >/dev/null
    apt-get "${apt_options[@]}" -qq --print-uris --no-install-recommends -o Dir::State::status=/dev/null install "$1" 2>/dev/null \
        | awk '{ sub(/_.*/, "", $2); print $2 }'
}
