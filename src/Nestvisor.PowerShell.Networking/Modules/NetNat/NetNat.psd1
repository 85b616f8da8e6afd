@{
    NestedModules        = @('../NetTCPIP/Nestvisor.PowerShell.Networking.dll')
    ModuleVersion        = '1.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = '9a9f0f37-2c58-4b5e-8f0b-6d0fd0b9a5a1'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Windows' commands on NATs, for Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('NetNat.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Add-NetNatStaticMapping'
        'Get-NetNat'
        'Get-NetNatExternalAddress'
        'Get-NetNatGlobal'
        'Get-NetNatStaticMapping'
        'New-NetNat'
        'Remove-NetNat'
        'Remove-NetNatStaticMapping'
        'Set-NetNat'
        'Set-NetNatGlobal'
    )
}
