using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.Management.Infrastructure;
using Nestvisor.PowerShell.Tests.Help;

namespace Nestvisor.PowerShell.Tests;

/// <summary>What is the same for all commands: other computers, and machines that do not exist.</summary>
public sealed class AllCommandsTests : IClassFixture<Session>
{
    private readonly Session _session;

    public AllCommandsTests(Session session)
    {
        _session = session;
        _ = _session.Run("$global:credential = [pscredential]::new('user', [securestring]::new())");

        // There is no other way to one where there is no CIM server; it is refused before it is used.
        object cim = RuntimeHelpers.GetUninitializedObject(typeof(CimSession));
        GC.SuppressFinalize(cim);
        _session.SetVariable("cim", cim);
    }

    public static TheoryData<string> Commands => CommandClasses.Names;

    /// <summary>Commands that take the names of machines that are there, with the name of that parameter.</summary>
    public static TheoryData<string, string> Named
    {
        get
        {
            TheoryData<string, string> named = [];
            foreach ((string command, Type type) in CommandClasses.All)
            {
                if (command != "New-VM" && NameOf(type) is { } name)
                {
                    named.Add(command, name);
                }
            }

            return named;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void ComputerName_OfAnotherComputer_IsRefusedByName(string command)
    {
        ErrorRecord error = _session.Fail(Invocation(command, "ComputerName", "localhost, elsewhere"));

        Assert.Equal($"NotSupported,{CommandClasses.All[command].FullName}", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
        Assert.Contains("'elsewhere'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("ssh", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void ComputerName_OfThisComputer_IsAccepted(string command)
    {
        foreach (string name in (string[])[".", "localhost", "LocalHost", "127.0.0.1", "::1", Environment.MachineName, Environment.MachineName.ToUpperInvariant()])
        {
            (_, List<ErrorRecord> errors, _) = _session.RunAll(Invocation(command, "ComputerName", $"'{name}'"));

            Assert.All(errors, error => Assert.DoesNotContain("NotSupported", error.FullyQualifiedErrorId, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void CimSessionAndCredential_Given_AreRefused(string command)
    {
        foreach ((string parameter, string value) in (ReadOnlySpan<(string, string)>)[("CimSession", "$cim"), ("Credential", "$credential")])
        {
            ErrorRecord error = _session.Fail(Invocation(command, parameter, value));

            Assert.Equal($"NotSupported,{CommandClasses.All[command].FullName}", error.FullyQualifiedErrorId);
            Assert.Contains($"{command} -{parameter}", error.Exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("'.', 'elsewhere' | Get-VMHost", "'elsewhere'")]
    [InlineData("$credential | Get-VMHost", "-Credential")]
    [InlineData("'elsewhere' | Test-VMHostNestedVirtualization", "'elsewhere'")]
    [InlineData("'elsewhere' | Get-VMHostSupportedVersion", "'elsewhere'")]
    [InlineData("[pscustomobject]@{ Number = 3 } | Add-VMHardDiskDrive nix* -Path x", "-DiskNumber")]
    public void Parameter_FromThePipelineThatCannotBeHonoured_IsRefusedByName(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("NotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Named))]
    public void Name_OfNoMachine_IsAnErrorThatDoesNotTerminate(string command, string parameter)
    {
        string invocation = Invocation(command, parameter, "'nix'");

        (IReadOnlyCollection<PSObject> output, List<ErrorRecord> errors, _) = _session.RunAll($"{invocation}; $?; 'after'");

        ErrorRecord error = Assert.Single(errors);
        Assert.Equal(["False", "after"], output.Select(item => item.ToString()));
        Assert.Equal($"{(command == "Get-VM" ? "InvalidParameter" : "ObjectNotFound")},{CommandClasses.All[command].FullName}", error.FullyQualifiedErrorId);
        Assert.Equal(command == "Get-VM" ? ErrorCategory.InvalidArgument : ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(command, error.CategoryInfo.Activity);
        Assert.StartsWith("Hyper-V was unable to find a virtual machine with name \"nix\".", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Named))]
    public void Name_OfNoMachine_TerminatesIfErrorsAreToStop(string command, string parameter) => Assert.Equal(
        $"caught {CommandClasses.All[command].FullName}",
        _session.Text($"try {{ {Invocation(command, parameter, "'nix'")} -ErrorAction Stop; 'after' }} catch {{ 'caught ' + $_.FullyQualifiedErrorId.Split(',')[1] }}"));

    [Theory]
    [MemberData(nameof(Named))]
    public void Name_OfNoMachineByAPattern_IsNoError(string command, string parameter) => Assert.Empty(_session.Run(Invocation(command, parameter, "'nix*'")));

    // That one machine's failure does not keep a command from the others is the work of one class.
    [Theory]
    [MemberData(nameof(Named))]
    public void Command_OnSeveralMachines_IsAMachineCmdlet(string command, string parameter)
    {
        Type type = CommandClasses.All[command];

        Assert.True(!type.GetProperty(parameter)!.PropertyType.IsArray || command == "Get-VM" || type.IsSubclassOf(typeof(MachineCmdlet)));
    }

    [Theory]
    [InlineData("(Get-VM one, nix, two).Name", "one two")]
    [InlineData("(Get-VMProcessor one, nix, two).VMName", "one two")]
    [InlineData("(Set-VM nix, one, two -Notes x -Passthru).Name", "one two")]
    [InlineData("(Set-VMMemory one, nix, two -StartupBytes 64MB -Passthru).VMName", "one two")]
    [InlineData("(Start-VM one, nix, two -Passthru).State", "Running Running")]
    [InlineData("(Rename-VM nix, two -NewName two -Passthru).Name", "two")]
    [InlineData("Remove-VM one, nix, two -Force; @(Get-VM one*, two*).Count", "0")]
    [InlineData("(('one', 'nix', 'two') | Get-VMMemory).VMName", "one two")]
    public void Names_OneOfThemWrong_TheOthersAreWorkedOn(string script, string result)
    {
        _session.Create("one");
        _session.Create("two");
        try
        {
            (IReadOnlyCollection<PSObject> output, List<ErrorRecord> errors, _) = _session.RunAll(script);

            Assert.Contains("\"nix\"", Assert.Single(errors).Exception.Message, StringComparison.Ordinal);
            Assert.Equal(result, string.Join(' ', output));
        }
        finally
        {
            _ = _session.Run("Get-VM one*, two* | ForEach-Object { if ($_.State -ne 'Off') { Stop-VM $_ -TurnOff }; Remove-VM $_ -Force }");
        }
    }

    // The command with a parameter, and with what else the parameter's set demands; it changes nothing.
    private static string Invocation(string command, string parameter, string value)
    {
        Type type = CommandClasses.All[command];
        CmdletInfo info = new(command, type);
        CommandParameterSetInfo set = info.ParameterSets
            .Where(set => set.Parameters.Any(known => known.Name == parameter))
            .OrderBy(set => set.Parameters.Any(known => known.IsMandatory && IsRefused(type, known.Name)))
            .ThenByDescending(set => set.IsDefault)
            .First();
        IEnumerable<string> demanded = set.Parameters
            .Where(known => known.IsMandatory && known.Name != parameter)
            .Select(known => $"-{known.Name} {ValueOf(known)}");
        bool confirms = type.GetCustomAttribute<CmdletAttribute>()!.SupportsShouldProcess;
        return string.Join(' ', [command, $"-{parameter} {value}", .. demanded, confirms ? "-WhatIf" : ""]);
    }

    private static string ValueOf(CommandParameterInfo parameter)
    {
        Type type = parameter.ParameterType.GetElementType() ?? parameter.ParameterType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? $"'{Enum.GetNames(type)[0]}'" : type == typeof(string) ? "'nix'" : type == typeof(SwitchParameter) ? ""
            : $"{parameter.Attributes.OfType<ValidateRangeAttribute>().FirstOrDefault()?.MinRange ?? 0}";
    }

    private static bool IsRefused(Type type, string parameter) =>
        type.GetProperty(parameter)!.GetCustomAttributesData().Any(data => data.AttributeType.Name == "UnsupportedAttribute");

    private static string? NameOf(Type type) => type.GetProperties()
        .FirstOrDefault(property => property.Name == "VMName" || property.GetCustomAttributes<AliasAttribute>().Any(alias => alias.AliasNames.Contains("VMName")))?.Name;
}
