using System.Management.Automation;
using Microsoft.HyperV.PowerShell;
using Nestvisor.PowerShell.Tests.Help;

namespace Nestvisor.PowerShell.Tests;

/// <summary>What Tab offers. It is the engine's completion that is asked, as every prompt asks it.</summary>
public sealed class CompletionTests : IClassFixture<CompletionTests.Machines>
{
    private readonly Session _session;

    public CompletionTests(Machines machines) => _session = machines.Session;

    /// <summary>Each parameter that takes names of machines, and each that takes objects.</summary>
    public static TheoryData<string, string, bool> Parameters
    {
        get
        {
            TheoryData<string, string, bool> parameters = [];
            foreach ((string command, Type type) in CommandClasses.All)
            {
                foreach (System.Reflection.PropertyInfo property in type.GetProperties())
                {
                    Type element = property.PropertyType.GetElementType() ?? property.PropertyType;
                    bool isName = property.Name == "VMName"
                        || property.GetCustomAttributes(typeof(AliasAttribute), true).Cast<AliasAttribute>().Any(alias => alias.AliasNames.Contains("VMName"));
                    bool isObject = element == typeof(VirtualMachine) || element.IsSubclassOf(typeof(VMComponentObject));
                    if ((isName && command != "New-VM") || isObject)
                    {
                        parameters.Add(command, property.Name, isName);
                    }
                }
            }

            return parameters;
        }
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Parameter_OfACommand_OffersMachinesByNameOnly(string command, string parameter, bool isName) =>
        Assert.Equal(isName ? ["L1", "L2"] : [], Complete($"{command} -{parameter} L"));

    [Theory]
    [InlineData("Get-VM ", "'$(1)' 'a b' br[1] it''s L1 L2")]
    [InlineData("Get-VM l", "L1 L2")]
    [InlineData("Start-VM L1, L", "L1 L2")]
    [InlineData("Get-VMProcessor L", "L1 L2")]
    [InlineData("Get-VM *2", "L2")]
    [InlineData("Get-VM -Name ?1", "L1")]
    [InlineData("Get-VM 'a", "'a b'")]
    [InlineData("Get-VM \"a", "'a b'")]
    [InlineData("Get-VM 'l", "'L1' 'L2'")]
    [InlineData("Get-VM a", "'a b'")]
    [InlineData("Get-VM it", "'it''s'")]
    [InlineData("Get-VM br[", "br[1]")]
    [InlineData("Get-VM no", "")]
    [InlineData("New-VM -Version 1", "12.0 11.0 10.0")]
    [InlineData("New-VM -Engine ", "Auto Kvm Software")]
    [InlineData("Set-VM L1 -Engine S", "Software")]
    [InlineData("Set-VMFirmware L1 -EnableSecureBoot ", "Off On")]
    public void Line_Completed_OffersWhatFits(string line, string offered)
    {
        string[] expected = offered.Length == 0 ? [] : offered.Replace("'a b'", "'a_b'", StringComparison.Ordinal).Split(' ');

        Assert.Equal(
            expected.Select(text => text.Replace('_', ' ')).Select(text => text == "it''s" ? "'it''s'" : text),
            Complete(line));
    }

    [Fact]
    public void Names_Offered_NameTheirMachines()
    {
        foreach (string text in Complete("Get-VM "))
        {
            Assert.Contains(_session.Run($"(Get-VM {text})[0].Name").Single().ToString(), Machines.Names);
        }

        Assert.Equal("10.0", _session.Text($"(New-VM versioned -Version {Complete("New-VM -Version 10").Single()}).Version; Remove-VM versioned -Force"));
    }

    [Fact]
    public void Completion_WithoutAService_OffersNothingAndStartsNone()
    {
        string none = Path.Combine(_session.Folder, "none");
        _ = _session.Run($"$global:old = $env:NESTVISOR_RUNTIME; $env:NESTVISOR_RUNTIME = '{none}'");
        try
        {
            (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("TabExpansion2 'Get-VM L' 8; TabExpansion2 'New-VM -Version 1' 17");

            Assert.Empty(errors);
            Assert.Empty(warnings);
            Assert.Empty(Complete("Get-VM L"));
            Assert.Empty(Complete("New-VM -Version 1"));
            Assert.False(Directory.Exists(none));
        }
        finally
        {
            _ = _session.Run("$env:NESTVISOR_RUNTIME = $old");
        }
    }

    private List<string> Complete(string line) =>
        [.. _session.Run($"(TabExpansion2 @'\n{line}\n'@ {line.Length}).CompletionMatches | ForEach-Object CompletionText").Select(text => text.ToString())];

    /// <summary>Machines whose names need thought.</summary>
    public sealed class Machines : IDisposable
    {
        public Machines()
        {
            foreach (string name in Names)
            {
                _ = Session.Run($"New-VM '{name.Replace("'", "''", StringComparison.Ordinal)}'");
            }

            _ = Session.Run("New-VM L1");
        }

        public static string[] Names { get; } = ["L1", "L2", "a b", "it's", "br[1]", "$(1)"];

        public Session Session { get; } = new();

        public void Dispose() => Session.Dispose();
    }
}
