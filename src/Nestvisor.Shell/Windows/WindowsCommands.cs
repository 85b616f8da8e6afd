using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.Dism.Commands;
using Microsoft.Management.Infrastructure.CimCmdlets;

namespace Nestvisor.Shell.Windows;

/// <summary>The commands and the drive that scripts for Hyper-V use to ask about their host, and that are Windows' and not PowerShell's.</summary>
internal static class WindowsCommands
{
    private static readonly Type[] Cmdlets = [typeof(GetCimInstanceCommand), typeof(GetWindowsOptionalFeatureCommand), typeof(GetBootConfigurationCommand)];

    /// <summary>Makes them part of a session.</summary>
    public static void AddTo(InitialSessionState state)
    {
        foreach (var type in Cmdlets)
        {
            var cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
            state.Commands.Add(new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, null));
        }

        state.Commands.Add(new SessionStateAliasEntry("bcdedit", "Get-BootConfiguration"));
        state.Providers.Add(new SessionStateProviderEntry(RegistryProvider.Name, typeof(RegistryProvider), null));
    }
}
