# What the tests that work for long run in L1 and L2. To be sourced by guests/build.sh, whose functions and variables it uses.
#   load.cpio   initial RAM disk of both levels
#   load.img    disk with gcc and stress-ng, a root file system of their own: compilers look for their parts by absolute names
load_images() {
    local names name libraries=$cache/load-libraries
    stage=$(new_stage)
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/load/init" "$stage/init"
    install_modules "$stage/lib/modules" "${disk_modules[@]}"
    archive "$stage" "$out/load.cpio"

    for name in gcc stress-ng; do
        require_candidate $name
    done
    stage=$(new_stage)
    rm -rf "$libraries" "$libraries.loaded"
    mkdir -p "$libraries" "$libraries.loaded" "$stage/lib/x86_64-linux-gnu"
    mapfile -t names < <(needed_packages gcc libc6-dev stress-ng)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$libraries"
        case ${name%%=*} in
        gcc | gcc-[0-9]* | cpp-[0-9]* | binutils | binutils-x86-64-linux-gnu | libc6-dev | libgcc-*-dev | linux-libc-dev | stress-ng)
            cp -a "$unpacked/." "$stage/"
            ;;
        esac
    done
    # What an ordinary compilation does not open.
    rm -rf "$stage"/usr/share "$stage"/usr/lib/x86_64-linux-gnu/lib[^c]*.a "$stage"/usr/lib/x86_64-linux-gnu/libc.a
    rm -rf "$stage"/usr/bin/*-{lto-dump,gcov,dwp,ld.gold,gp,readelf}* "$stage"/usr/lib/gcc/x86_64-linux-gnu/*/{lto1,plugin,lib*san*,libgomp*,libitm*}
    for name in "$stage"/usr/bin/{stress-ng,gcc,as,ld} "$stage"/usr/lib/gcc/x86_64-linux-gnu/*/{cc1,collect2}; do
        copy_loaded_libraries "$name" "$libraries" "$libraries.loaded"
    done
    cp "$libraries.loaded"/* "$stage/lib/x86_64-linux-gnu/"
    # The linker's, which no program of these loads.
    cp -L "$libraries/libgcc_s.so.1" "$stage/lib/x86_64-linux-gnu/"
    mkdir -p "$stage"/{lib64,dev,proc,sys,tmp,guest}
    cp "$stage/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$stage/lib64/"
    cp -r "$here/load/programs" "$stage/"
    cp "$out/load.cpio" "$stage/guest/"
    rm -rf "$libraries" "$libraries.loaded"
    disk "$stage" "$out/load.img"
}
