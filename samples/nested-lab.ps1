<#
.SYNOPSIS
Runs a virtual machine in a virtual machine.
.DESCRIPTION
L1 is a virtual machine on this computer with virtualization extensions exposed. Its Linux loads KVM, and Nestvisor, which is installed
in it, starts L2 there. The guests are those that guests/build.sh makes. At the end a table shows what was seen; what should have been
seen and was not is an error.
.PARAMETER ExposeVirtualizationExtensions
$false shows what happens without them: L1 has no svm, kvm-amd does not load there, and there is no L2.
.EXAMPLE
./nestvisor -File samples/nested-lab.ps1
.EXAMPLE
./nestvisor -Command './samples/nested-lab.ps1 -ExposeVirtualizationExtensions $false'
#>
param(
    [bool] $ExposeVirtualizationExtensions = $true,
    [string] $GuestPath = (Join-Path (Join-Path (Split-Path -Parent $PSScriptRoot) artifacts) guests),
    [int] $TimeoutSeconds = 600
)
$ErrorActionPreference = 'Stop'

# A machine that an interrupted run has left behind.
Get-VM | Where-Object { $_.Name -eq 'L1' -and $_.Notes -eq 'nested-lab.ps1' } | ForEach-Object {
    Stop-VM -VM $_ -TurnOff -WarningAction SilentlyContinue
    Remove-VM -VM $_ -Force
}

$vm = New-VM -Name L1 -MemoryStartupBytes 1GB
Set-VM -VM $vm -Notes 'nested-lab.ps1'
try {
    Set-VMProcessor -VM $vm -Count 1 -ExposeVirtualizationExtensions $ExposeVirtualizationExtensions
    Set-VMFirmware -VM $vm -KernelPath (Join-Path $GuestPath vmlinuz) -InitialRamDiskPath (Join-Path $GuestPath l1.cpio) `
        -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1'
    Add-VMHardDiskDrive -VM $vm -Path (Join-Path $GuestPath nestvisor.img) -ReadOnly

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    Start-VM -VM $vm
    Write-Host "L0: L1 is starting on the $($vm.Engine) engine"
    Wait-VMConsoleText -VM $vm -Pattern '^L1: userland is up' -Timeout $TimeoutSeconds | Out-Null
    $seconds = $clock.Elapsed.TotalSeconds
    $engine = $vm.Engine
    Write-Host ('L0: L1 has booted in {0:F1} seconds; it loads KVM and starts L2' -f $seconds)

    # The guest powers itself off when it has done its work.
    Wait-VM -VM $vm -For Off -Timeout $TimeoutSeconds
    $console = @(Get-VMConsoleLog -VM $vm)
    $worldSwitches = (Get-VMEngineStatistics -VM $vm).Vmrun
    Write-Host ('L0: L1 is off again after {0:F1} seconds. Its console:' -f $clock.Elapsed.TotalSeconds)
    $console | ForEach-Object { Write-Host "    $_" }
}
finally {
    if ($vm.State -ne 'Off') {
        Stop-VM -VM $vm -TurnOff
    }

    Remove-VM -VM $vm -Force
}

# The evidence, from what the guests printed and what the engine counted.
function Get-Evidence([string] $Pattern, [string] $Meaning) {
    foreach ($line in $console) {
        if ($line -match $Pattern) {
            return $Matches[1]
        }
    }

    throw "Not seen on the console of L1: $Meaning."
}

$kernel = Get-Evidence '^L1: kernel: Linux version (\S+)' "the banner of L1's kernel"
$rows = @([pscustomobject]@{ Level = 0; VM = 'L1'; Engine = $engine; Extensions = 'none'; Kernel = $kernel; 'Boot (s)' = '{0:F1}' -f $seconds })
if ($ExposeVirtualizationExtensions) {
    $rows[0].Extensions = Get-Evidence '^L1: /proc/cpuinfo has (svm|vmx)' 'svm or vmx in its /proc/cpuinfo'
    $null = Get-Evidence '^L1: (kvm-\w+) is loaded' 'that KVM loads'
    $null = Get-Evidence '^console of L2: (userland is up)' "the line of L2's own userland"
    $rows += [pscustomobject]@{
        Level = 1
        VM = 'L2'
        Engine = Get-Evidence '^L1: Get-VM: Name=L2 State=Running Engine=(Kvm)' 'that Get-VM in L1 shows L2 running on the Kvm engine'
        Extensions = 'none'
        Kernel = Get-Evidence '^console of L2: kernel: Linux version (\S+)' "the banner of L2's kernel"
        'Boot (s)' = Get-Evidence '^L1: L2 booted in (\S+) seconds' 'how long L2 took to boot'
    }
    if ($engine -eq 'Software' -and -not ($worldSwitches -gt 0)) {
        throw 'The engine of L1 counted no VMRUN, so L2 cannot have run on AMD-V.'
    }
}
else {
    $null = Get-Evidence '^L1: /proc/cpuinfo has (neither) svm nor vmx' 'that its /proc/cpuinfo has neither svm nor vmx'
    $null = Get-Evidence '^L1: (kvm-\w+) does not load' 'that KVM does not load'
}

$rows | Format-Table -AutoSize -Property Level, VM, Engine, Extensions, Kernel, 'Boot (s)'
if ($ExposeVirtualizationExtensions) {
    "L2 ran inside L1. World switches into L2 that the $engine engine of L1 counted (VMRUN): $worldSwitches"
}
else {
    'Without virtualization extensions L1 has no svm and kvm-amd does not load in it: there is no L2.'
}
