@{
    RootModule           = 'Nestvisor.PowerShell.dll'
    ModuleVersion        = '2.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = '7d1f7d4f-4c4b-4b6e-9a55-0d8d1e7a9f31'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Hyper-V's commands for virtual machines on Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('Hyper-V.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Add-VMHardDiskDrive'
        'Compare-VM'
        'Connect-VMConsole'
        'Export-VM'
        'Get-VM'
        'Get-VMComPort'
        'Get-VMConsoleLog'
        'Get-VMEngineStatistics'
        'Get-VMFirmware'
        'Get-VMHardDiskDrive'
        'Get-VMHost'
        'Get-VMHostSupportedVersion'
        'Get-VMMemory'
        'Get-VMProcessor'
        'Import-VM'
        'New-VM'
        'Remove-VM'
        'Remove-VMHardDiskDrive'
        'Remove-VMSavedState'
        'Rename-VM'
        'Restart-VM'
        'Resume-VM'
        'Save-VM'
        'Send-VMConsoleText'
        'Set-VM'
        'Set-VMFirmware'
        'Set-VMHost'
        'Set-VMMemory'
        'Set-VMProcessor'
        'Start-VM'
        'Stop-VM'
        'Suspend-VM'
        'Test-VMHostNestedVirtualization'
        'Update-VMVersion'
        'Wait-VM'
        'Wait-VMConsoleText'
    )
}
