@{
    GUID                 = '0f2b0d5e-5a1c-4c59-9d53-6f1d0b3c7a11'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Nestvisor's own versions of PowerShell's everyday commands over items, paths and processes."
    ModuleVersion        = '7.0.0.0'
    CompatiblePSEditions = @('Core')
    RootModule           = 'Nestvisor.Shell.Management.dll'
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Add-Content', 'Clear-Content', 'Clear-Item', 'Convert-Path', 'Copy-Item', 'Get-ChildItem', 'Get-Content', 'Get-Item', 'Get-ItemProperty',
        'Get-Location', 'Get-Process', 'Get-PSDrive', 'Get-PSProvider', 'Invoke-Item', 'Join-Path', 'Move-Item', 'New-Item', 'New-PSDrive',
        'Pop-Location', 'Push-Location', 'Remove-Item', 'Remove-PSDrive', 'Rename-Item', 'Resolve-Path', 'Set-Content', 'Set-Item',
        'Set-Location', 'Split-Path', 'Start-Process', 'Stop-Process', 'Test-Path', 'Wait-Process')
}
