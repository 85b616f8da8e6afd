# One Start-VM in a running shell, for bench/compare.sh, which stamps the line before it and the lines of the machine's console.
# Item is what the time is called, Last the line that it ends with.
param([string] $Item, [string] $Last, [string] $Kernel, [string] $RamDisk, [string] $CommandLine, [long] $Memory)
$ErrorActionPreference = 'Stop'

$vm = New-VM -Name L1 -MemoryStartupBytes $Memory
Set-VM -VM $vm -Engine Software
Set-VMProcessor -VM $vm -Count 1 -ExposeVirtualizationExtensions $true
$files = @{ KernelPath = $Kernel }
if ($RamDisk) { $files.InitialRamDiskPath = $RamDisk }
Set-VMFirmware -VM $vm @files -KernelCommandLine $CommandLine
try {
    [Console]::Out.WriteLine("# boot $Item")
    [Console]::Out.Flush()
    Start-VM -VM $vm
    Wait-VMConsoleText -VM $vm -Pattern "^$Last" -Timeout 300 | Out-Null
    Start-Sleep -Milliseconds 200
}
finally {
    Stop-VM -VM $vm -TurnOff
    Remove-VM -VM $vm -Force
}
