@{
    NestedModules        = @('../NetTCPIP/Nestvisor.PowerShell.Networking.dll')
    ModuleVersion        = '1.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = '2f6d3a0c-0b5e-4c43-9d1d-7c4a9a6f1e02'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Windows' commands on network adapters, for Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('NetAdapter.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Disable-NetAdapter'
        'Enable-NetAdapter'
        'Get-NetAdapter'
        'Rename-NetAdapter'
        'Restart-NetAdapter'
        'Set-NetAdapter'
    )
}
