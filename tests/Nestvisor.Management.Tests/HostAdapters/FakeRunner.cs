using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Tests.HostAdapters;

/// <summary>Stands for the programs of another host: says what it is told to, and remembers what was run.</summary>
internal sealed class FakeRunner : ICommandRunner
{
    /// <summary>What was run, words with blanks between.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>What a command says, by its words; nothing, with success, for others.</summary>
    public Dictionary<string, CommandResult> Answers { get; } = [];

    /// <summary>What a command does, by its words.</summary>
    public Dictionary<string, Action> Effects { get; } = [];

    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation)
    {
        string command = string.Join(' ', [program, .. arguments]);
        Commands.Add(command);
        if (Effects.TryGetValue(command, out Action? effect))
        {
            effect();
        }

        return Task.FromResult(Answers.GetValueOrDefault(command, new CommandResult(0, "", "")));
    }
}
