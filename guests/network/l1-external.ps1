# Run in L1 by the tests of networks: an external switch on L1's only adapter, and L2 on it. "Words" are more words for L2's kernel.
param([string] $Words)
$ErrorActionPreference = 'Stop'
New-VMSwitch -Name Outside -NetAdapterName eth0 | Out-Null
New-VM -Name L2 -MemoryStartupBytes 160MB -SwitchName Outside | Out-Null
Set-VMFirmware -VMName L2 -KernelPath /opt/network/guest/vmlinuz -InitialRamDiskPath /opt/network/guest/net.cpio `
    -KernelCommandLine "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 $Words"
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: ready' -Timeout 400 | Out-Null
Get-VMConsoleLog -VMName L2 | Select-String 'lease' | ForEach-Object { "console of L2: $_" }
"L1: L2 runs on $((Get-VM -Name L2).Engine)"
