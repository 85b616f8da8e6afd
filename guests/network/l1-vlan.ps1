# Run in L1 by the tests of networks: adapters of L1 itself on a switch, one in VLAN 10 and one in none, and L2 in the one and in the other.
$ErrorActionPreference = 'Stop'
function Ping([string] $Address, [string] $What) {
    Send-VMConsoleText -VMName L2 "ping -c 3 -W 1 $Address > /dev/null; echo ${What}: `$?"
    Wait-VMConsoleText -VMName L2 -Pattern "${What}: [0-9]" -Timeout 100 | ForEach-Object { "console of L2: $_" }
}
New-VMSwitch -Name Lab -SwitchType Internal | Out-Null
$index = (Add-VMNetworkAdapter -ManagementOS -Name Ten -SwitchName Lab -Passthru | ForEach-Object { Get-NetAdapter "vEthernet ($($_.Name))" }).ifIndex
New-NetIPAddress -InterfaceIndex $index -IPAddress 192.168.60.1 -PrefixLength 24 | Out-Null
New-NetIPAddress -InterfaceAlias 'vEthernet (Lab)' -IPAddress 192.168.61.1 -PrefixLength 24 | Out-Null
Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Ten -Access -VlanId 10
"L1: $(Get-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Ten) $((Get-NetAdapter 'vEthernet (Ten)').ifIndex -eq $index)"
New-VM -Name L2 -MemoryStartupBytes 160MB -SwitchName Lab | Out-Null
Set-VMNetworkAdapterVlan -VMName L2 -Access -VlanId 10
Set-VMFirmware -VMName L2 -KernelPath /opt/network/guest/vmlinuz -InitialRamDiskPath /opt/network/guest/net.cpio `
    -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2'
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: ready' -Timeout 400 | Out-Null
Send-VMConsoleText -VMName L2 'ip address add 192.168.60.2/24 dev eth0 && ip address add 192.168.61.2/24 dev eth0 && echo addressed'
Wait-VMConsoleText -VMName L2 -Pattern 'addressed' -Timeout 100 | Out-Null
Ping 192.168.60.1 'tagged to the adapter in the VLAN'
Ping 192.168.61.1 'tagged to the adapter in none'
Set-VMNetworkAdapterVlan -VMName L2 -Untagged
Ping 192.168.60.1 'untagged to the adapter in the VLAN'
Ping 192.168.61.1 'untagged to the adapter in none'
Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Ten -Untagged
Ping 192.168.60.1 'untagged to the adapter that has left the VLAN'
"L1: $(Get-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Ten) $((Get-NetAdapter 'vEthernet (Ten)').ifIndex -eq $index)"
Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab -Access -VlanId 20
Ping 192.168.61.1 'untagged to the first adapter in another VLAN'
Set-VMNetworkAdapterVlan -VMName L2 -Access -VlanId 20
# An interface of its own, it has another hardware address than before.
Send-VMConsoleText -VMName L2 'ip neigh flush dev eth0; echo forgotten'
Wait-VMConsoleText -VMName L2 -Pattern '^forgotten' -Timeout 100 | Out-Null
Ping 192.168.61.1 'tagged to the first adapter in that VLAN'
Remove-VMNetworkAdapter -ManagementOS -SwitchName Lab
"L1: interfaces left: $(@(ip -o link | Select-String 'nv[hpl]').Count)"
"L1: L2 runs on $((Get-VM -Name L2).Engine)"
