# What bench/compare.sh boots. To be sourced by guests/build.sh, whose functions and variables it uses. Below $out/bench:
#   bench.cpio    initial RAM disk of every level on both sides: busybox, guestbench, an init that does what the command line says
#   network.cpio  the same with netbench and the modules of the network, for the sessions that measure it
#   first         a kernel whose first instructions print a line
#   vmm.img       disk with both virtual machine monitors, the libraries of both, kvm's modules and what they boot
#   tools.img     disk with gcc, xz, perl and .NET, which are run in L1
#   qemu/         the same QEMU for the host
#   versions      what is compared

bench_images() {
    local bench=$out/bench origin names name qemu qemu_version
    mkdir -p "$bench"
    command -v gcc >/dev/null || fail 'gcc is missing; guestbench is compiled with it (packages gcc and libc6-dev).'

    stage=$(new_stage)
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/bench/init" "$stage/init"
    gcc -O2 -static -Wall -o "$stage/bin/guestbench" "$root/bench/guestbench.c" || fail 'bench/guestbench.c does not compile.'
    keep_if_same "$stage/bin/guestbench" "$bench/guestbench"
    install_modules "$stage/lib/modules" "${disk_modules[@]}"
    archive "$stage" "$bench/bench.cpio"
    gcc -O2 -static -Wall -o "$stage/bin/netbench" "$root/bench/netbench.c" || fail 'bench/netbench.c does not compile.'
    keep_if_same "$stage/bin/netbench" "$bench/netbench"
    install_modules "$stage/lib/modules" net/core/failover drivers/net/{net_failover,virtio_net,tun} net/llc/llc net/802/stp net/bridge/bridge
    archive "$stage" "$bench/network.cpio"
    gcc -m32 -nostdlib -static -Wl,--build-id=none,-n,-Ttext=0x100000 -o "$bench/first" "$root/bench/first.S" || fail 'bench/first.S does not assemble.'

    if ! use_backports; then
        say "backports could not be had; QEMU is that of this host's release"
    fi
    bench_qemu
    bench_vmm_disk
    bench_tools_disk
    case $qemu_version in
        *~bpo*) origin='from backports' ;;
        *) origin="of the host's release; there is none in backports, or they could not be had" ;;
    esac
    printf 'QEMU: Debian %s (%s)\nkernel: %s\n' "$qemu_version" "$origin" "$release" > "$bench/versions"
}

# QEMU with its libraries and firmware, to be run in place by its own loader.
bench_qemu() {
    local libraries=$cache/bench-libraries
    rm -rf "$libraries" "$bench/qemu.new"
    mkdir -p "$libraries" "$bench/qemu.new"/{bin,lib,share}
    require_candidate qemu-system-x86
    mapfile -t names < <(needed_packages qemu-system-x86)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$libraries"
        case ${name%%=*} in
        qemu-system-x86)
            qemu=$unpacked/usr/bin/qemu-system-x86_64
            qemu_version=${unpacked##*_}
            ;;
        qemu-system-data) cp -L "$unpacked"/usr/share/qemu/{linuxboot,linuxboot_dma,kvmvapic}.bin "$bench/qemu.new/share/" ;;
        seabios) cp -L "$unpacked/usr/share/seabios/bios-256k.bin" "$bench/qemu.new/share/" ;;
        esac
    done
    install_program "$qemu" "$bench/qemu.new/bin/qemu-system-x86_64"
    copy_loaded_libraries "$qemu" "$libraries" "$bench/qemu.new/lib"
    rm -rf "$bench/qemu" "$libraries"
    mv "$bench/qemu.new" "$bench/qemu"
}

bench_vmm_disk() {
    stage=$(new_stage)
    mkdir -p "$stage"/{bin,guest,lib,lib64,share}
    for name in libgcc-s1 libstdc++6 libc6; do
        package "$name"
        copy_libraries "$unpacked" "$stage/lib"
    done
    cp "$programs/nestvisor-worker" "$bench/qemu/bin/qemu-system-x86_64" "$stage/bin/"
    cp "$bench"/qemu/lib/* "$stage/lib/"
    cp "$bench"/qemu/share/* "$stage/share/"
    cp "$stage/lib/ld-linux-x86-64.so.2" "$stage/lib64/"
    install_modules "$stage/modules" "${kvm_modules[@]}"
    cp "$out/vmlinuz" "$bench"/{bench,network}.cpio "$stage/guest/"
    disk "$stage" "$bench/vmm.img"
}

# A root file system of its own: compilers look for their parts by absolute names.
bench_tools_disk() {
    stage=$(new_stage)
    for name in gcc libstb-dev; do
        require_candidate $name
    done
    mapfile -t names < <(needed_packages gcc libc6-dev xz-utils perl-base libstb-dev libstdc++6)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        cp -a "$unpacked/." "$stage/"
    done
    rm -rf "$stage"/usr/share/{doc,man,locale,info,lintian} "$stage"/usr/lib/x86_64-linux-gnu/gconv "$stage"/usr/lib/gcc/x86_64-linux-gnu/*/lib{asan,tsan,lsan,ubsan,hwasan}*
    install_program "$busybox" "$stage/bin/sh"
    mkdir -p "$stage"/{dev,proc,sys,tmp,etc,nestvisor,programs}
    echo 'root:x:0:0:root:/tmp:/bin/sh' > "$stage/etc/passwd"
    copy_programs "$programs" "$stage/nestvisor"
    cp "$here"/bench/programs/* "$stage/programs/"
    disk "$stage" "$bench/tools.img"
}
