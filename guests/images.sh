# Initial RAM disks and disk images, from folders. To be sourced by guests/build.sh; uses $cache and $busybox.

# new_stage: an empty folder to put an image's files into.
new_stage() {
    rm -rf "$cache/stage"
    mkdir -p "$cache/stage"
    printf '%s\n' "$cache/stage"
}

install_program() { mkdir -p "$(dirname -- "$2")" && cp "$1" "$2" && chmod 755 "$2"; }

# install_modules FOLDER MODULE...: kernel modules as they are in the package, signatures and all.
install_modules() {
    local folder=$1 module
    shift
    mkdir -p "$folder"
    for module in "$@"; do
        cp "$modules/$module.ko" "$folder/"
    done
}

# copy_libraries PACKAGE FOLDER: the shared libraries that a .NET program loads.
copy_libraries() {
    local library
    mkdir -p "$2"
    for library in ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libgcc_s.so.1 libstdc++.so.6; do
        for file in "$1/lib/x86_64-linux-gnu/$library" "$1/usr/lib/x86_64-linux-gnu/$library"; do
            [ ! -e "$file" ] || cp -L "$file" "$2/$library"
        done
    done
}

# link_libraries PACKAGE FOLDER: gathers the shared libraries of a package.
link_libraries() {
    local file
    for file in "$1"/{usr/,}lib/x86_64-linux-gnu/{,pulseaudio/}*.so*; do
        [ ! -e "$file" ] || ln -sf "$file" "$2/"
    done
}

# copy_loaded_libraries PROGRAM FROM TO: the libraries that the program's loader asks for.
copy_loaded_libraries() {
    local file
    for file in $("$2/ld-linux-x86-64.so.2" --library-path "$2" --list "$1" | sed -n 's/.* => \([^ ]*\) (.*/\1/p') "$2/ld-linux-x86-64.so.2"; do
        cp -L "$file" "$3/"
    done
}

# copy_programs FROM TO: Nestvisor without what only a debugger or a profiler loads.
copy_programs() {
    cp -r "$1/." "$2/"
    find "$2" \( -name '*.pdb' -o -name '*.dbg' -o -name '*.xml' -o -name 'libmscordaccore.so' -o -name 'libmscordbi.so' -o -name 'libcoreclrtraceptprovider.so' \
        -o -name 'libclrgcexp.so' -o -name createdump \) -type f -delete
}

# digest FOLDER: one value for names, contents and modes of all files in it.
digest() {
    (cd "$1" && { find . -printf '%P %m %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; cat "$here"/*.sh; } | sha256sum | cut -d ' ' -f 1)
}

# is_current FOLDER IMAGE: whether the image was made of the same files.
is_current() { [ -e "$2" ] && [ "$(cat "$cache/$(basename -- "$2").digest" 2>/dev/null)" = "$1" ]; }

keep_if_same() { cmp -s "$1" "$2" || { cp "$1" "$2.new" && mv "$2.new" "$2"; }; }

# archive FOLDER IMAGE: an initial RAM disk, not packed: the guest unpacks it more slowly than the host reads it.
archive() {
    local sum
    mkdir -p "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp"
    find "$1" -exec touch -h -d @0 {} +
    sum=$(digest "$1")
    is_current "$sum" "$2" && return
    say "making $(basename -- "$2")"
    (cd "$1" && find . | sort | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null) > "$2.new"
    mv "$2.new" "$2"
    printf '%s\n' "$sum" > "$cache/$(basename -- "$2").digest"
}

# disk FOLDER IMAGE: a disk with an ext4 file system, which the cloud kernel has built in. No journal and no check sums: it is only read.
disk() {
    local sum size files make as_root=()
    sum=$(digest "$1")
    is_current "$sum" "$2" && return
    say "making $(basename -- "$2")"
    make=$(command -v mke2fs || command -v /sbin/mke2fs || true)
    if [ -z "$make" ]; then
        local folder libraries=''
        for folder in libcom-err2 libext2fs2 libss2 libblkid1 libuuid1 e2fsprogs; do
            package "$folder"
            libraries=$unpacked/lib/x86_64-linux-gnu:$unpacked/usr/lib/x86_64-linux-gnu:$libraries
        done
        make="env LD_LIBRARY_PATH=$libraries $unpacked/sbin/mke2fs"
    fi
    # A tenth and 8 MiB for the file system's own tables; the file is sparse.
    size=$(($(du -sk --apparent-size "$1" | cut -f 1) * 11 / 10 + 8192))
    files=$(($(find "$1" | wc -l) + 1024))
    rm -f "$2.new"
    # The files are root's, whoever makes the image: some programs use no others.
    [ "$(id -u)" = 0 ] || ! unshare --map-root-user true 2>/dev/null || as_root=(unshare --map-root-user)
    printf '[defaults]\nblocksize = 4096\n[fs_types]\next4 = {\n}\nsmall = {\n}\n' > "$cache/mke2fs.conf"
    MKE2FS_CONFIG=$cache/mke2fs.conf "${as_root[@]}" $make -q -F -t ext4 -b 4096 -m 0 -N $files -E root_owner=0:0,lazy_itable_init=0,nodiscard \
        -O extent,filetype,dir_index,sparse_super,large_file,^has_journal,^metadata_csum,^64bit,^resize_inode -U clear -d "$1" "$2.new" "${size}k" > "$cache/mke2fs.log" 2>&1 \
        || { cat "$cache/mke2fs.log" >&2; fail "$(basename -- "$2") could not be made."; }
    mv "$2.new" "$2"
    printf '%s\n' "$sum" > "$cache/$(basename -- "$2").digest"
}

# qemu_img: Debian's qemu-img with all the libraries that it loads, to be run in place by its own loader.
qemu_img() {
    local names name program='' version='' folder=$out/qemu-img
    require_candidate qemu-utils
    [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ] || return 0
    mapfile -t names < <(needed_packages qemu-utils)
    fetch_packages "${names[@]}"
    rm -rf "$folder.new" "$cache/img-libraries"
    mkdir -p "$folder.new/bin" "$folder.new/lib" "$cache/img-libraries"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$cache/img-libraries"
        [ "${name%%=*}" != qemu-utils ] || program=$unpacked/usr/bin
    done
    for name in qemu-img qemu-io; do
        install_program "$program/$name" "$folder.new/bin/$name"
        copy_loaded_libraries "$program/$name" "$cache/img-libraries" "$folder.new/lib"
    done
    printf '%s\n' "$version" > "$folder.new/version"
    rm -rf "$folder" "$cache/img-libraries"
    mv "$folder.new" "$folder"
}
