namespace Nestvisor.Networking.Host;

/// <summary>Kinds of reasons why the host's network cannot be changed or asked.</summary>
public enum HostNetworkProblem
{
    /// <summary>A command failed.</summary>
    Failed,

    /// <summary>A program is not installed.</summary>
    MissingProgram,

    /// <summary>This user may not do it.</summary>
    NotPermitted,

    /// <summary>This user can have no network namespace here.</summary>
    NoNamespace,

    /// <summary>It cannot be done to this interface, or not as asked.</summary>
    Refused,

    /// <summary>The kernel lacks what is needed for it.</summary>
    Unsupported,
}
