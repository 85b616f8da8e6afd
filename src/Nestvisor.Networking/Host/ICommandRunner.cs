namespace Nestvisor.Networking.Host;

/// <summary>Runs programs where the virtual switches are.</summary>
public interface ICommandRunner
{
    /// <summary>Runs a program to its end, in the language C.</summary>
    /// <param name="program">Its name, looked for in PATH and in the folders of system programs.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>What it said.</returns>
    /// <exception cref="HostNetworkException">The program is not there.</exception>
    Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation);
}
