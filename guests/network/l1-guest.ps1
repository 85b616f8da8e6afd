# Run in L1 by the tests of networks: L2 on a switch, an external one on L1's only adapter if none is named. "Words" are more words for L2's kernel.
param([string] $Words, [string] $Switch)
$ErrorActionPreference = 'Stop'
if (!$Switch) { $Switch = (New-VMSwitch -Name Outside -NetAdapterName eth0).Name }
New-VM -Name L2 -MemoryStartupBytes 160MB -SwitchName $Switch | Out-Null
Set-VMFirmware -VMName L2 -KernelPath /opt/network/guest/vmlinuz -InitialRamDiskPath /opt/network/guest/net.cpio `
    -KernelCommandLine "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 $Words"
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: ready' -Timeout 400 | Out-Null
Get-VMConsoleLog -VMName L2 | Select-String 'lease' | ForEach-Object { "console of L2: $_" }
"L1: L2 runs on $((Get-VM -Name L2).Engine)"
