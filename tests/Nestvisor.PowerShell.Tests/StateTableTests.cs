using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Tries every cell of the table in docs/states.md at the command, so that it cannot say what is not so.</summary>
public sealed partial class StateTableTests : IClassFixture<StateTableMachines>
{
    private readonly StateTableMachines _machines;

    public StateTableTests(StateTableMachines machines) => _machines = machines;

    public static TheoryData<string, string, string> Cells
    {
        get
        {
            TheoryData<string, string, string> data = [];
            foreach ((string command, string state, string outcome) in StateTable.Cells)
            {
                data.Add(command, state, outcome);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Command_InAState_DoesWhatTheTableSays(string command, string state, string outcome)
    {
        // What is refused changes nothing: such cells of a state that lasts share a machine.
        bool changes = outcome is "done" or "removed" || StateTable.States.Contains(outcome);
        string name = changes ? _machines.New(state) : _machines.Shared(state);
        string script = Machine().Replace(command, name)
            .Replace("FOLDER", $"'{_machines.Session.Folder}/{name}'", StringComparison.Ordinal)
            .Replace("DISK", "$folder/other.img", StringComparison.Ordinal);
        string before = _machines.Configuration(name);

        (_, List<ErrorRecord> errors, List<string> warnings) = _machines.Session.RunAll($"$global:vm = Get-VM {name}; {script}");

        string after = _machines.Session.Text("if ($vm.IsDeleted) { 'removed' } else { $vm.State }");
        if (!changes && outcome != "warns")
        {
            ErrorRecord error = Assert.Single(errors);
            Assert.StartsWith(outcome + ",Microsoft.HyperV.PowerShell.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        }
        else
        {
            Assert.Empty(errors);
        }

        Assert.Equal(outcome == "warns" ? ["The virtual machine is already in the specified state."] : [], warnings);
        Assert.Equal(StateTable.States.Contains(outcome) || outcome == "removed" ? outcome : state, after);
        if (!changes)
        {
            Assert.Equal(before, _machines.Configuration(name));
        }
    }

    [Fact]
    public void Table_States_AreThoseThatThereAre() =>
        Assert.Equal(Enum.GetNames<Api.Machines.MachineState>().Order(StringComparer.Ordinal), StateTable.States.Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\bL1(?=b?\b)")]
    private static partial Regex Machine();
}
