# The images of the network guests. To be sourced by guests/build.sh.
#   net.cpio      initial RAM disk of the network guest: busybox, and the modules that reach the network
#   network.img   a second disk for the lab guest: ip, bridge, ss, nft and dnsmasq with their libraries, the kernel's network modules, what its
#                 nested guests boot

network_modules=(net/core/failover drivers/net/net_failover drivers/net/virtio_net)

network_images() {
    local stage folder file name program names=()
    stage=$(new_stage)
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/network/init" "$stage/init"
    install_program "$here/network/dhcp-lease" "$stage/bin/dhcp-lease"
    install_modules "$stage/lib/modules" "${disk_modules[@]}" "${network_modules[@]}"
    archive "$stage" "$out/net.cpio"

    stage=$(new_stage)
    mkdir -p "$stage/bin" "$stage/lib" "$stage/guest" "$cache/libraries"
    for name in iproute2 nftables dnsmasq-base; do
        require_candidate $name
    done
    mapfile -t names < <(needed_packages iproute2 nftables dnsmasq-base)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$cache/libraries"
        for file in "$unpacked"/{usr/,}{sbin,bin}/{ip,bridge,ss,nft,dnsmasq}; do
            [ ! -f "$file" ] || [ -L "$file" ] || install_program "$file" "$stage/bin/${file##*/}"
        done
    done
    for program in ip bridge ss nft dnsmasq; do
        [ -x "$stage/bin/$program" ] || fail "Debian's packages have no $program any more."
        copy_loaded_libraries "$stage/bin/$program" "$cache/libraries" "$stage/lib"
    done

    # With what depends on what, so that the guest's kernel finds by itself what it needs.
    folder=$stage/lib/modules/$release
    for name in net/{802,8021q,bridge,core,ipv4,ipv6,llc,netfilter,packet,sched} lib crypto; do
        [ ! -d "$modules/$name" ] || { mkdir -p "$folder/kernel/$name" && cp -r "$modules/$name/." "$folder/kernel/$name/"; }
    done
    mkdir -p "$folder/kernel/drivers/net"
    cp "$modules"/drivers/net/{ifb,macvlan,net_failover,tap,tun,veth,virtio_net}.ko "$folder/kernel/drivers/net/"
    cp "$modules"/../modules.{builtin,order} "$folder/"
    "$busybox" depmod -b "$stage" "$release"
    cp "$out/vmlinuz" "$out/net.cpio" "$stage/guest/"
    install_program "$here/network/dhcp-lease" "$stage/bin/dhcp-lease"
    cp "$here"/network/{l1-guest,l1-nat,l1-type,l1-vlan,l2-page}.ps1 "$stage/"
    disk "$stage" "$out/network.img"
}
