using System.Management.Automation;
using System.Reflection;
using Microsoft.HyperV.PowerShell.Commands;

namespace Nestvisor.PowerShell.Tests.Help;

/// <summary>The commands by their classes, for tests over all of them; <see cref="ModuleTests"/> shows that the module exports just these.</summary>
internal static class CommandClasses
{
    /// <summary>Names of commands.</summary>
    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>Classes by the names of their commands.</summary>
    public static SortedDictionary<string, Type> All { get; } = new(
        typeof(GetVM).Assembly.GetExportedTypes()
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(Cmdlet)))
            .ToDictionary(type => type.GetCustomAttribute<CmdletAttribute>() is { } command ? $"{command.VerbName}-{command.NounName}" : type.Name),
        StringComparer.Ordinal);
}
