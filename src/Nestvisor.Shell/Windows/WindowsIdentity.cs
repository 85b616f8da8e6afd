using System.Security.Principal;
using Nestvisor.Api;

namespace Nestvisor.Shell.Windows;

/// <summary>
/// What scripts find under [System.Security.Principal.WindowsIdentity]: the Linux user who runs the shell. The class of .NET throws on Linux.
/// </summary>
// No members for what Linux has not: security identifiers, tokens, impersonation. Asking for one is the engine's own error.
public sealed class WindowsIdentity : IIdentity
{
    private WindowsIdentity()
    {
    }

    /// <summary>The user's name, without a domain.</summary>
    public string Name => Environment.UserName;

    /// <summary>How the kernel knows the user.</summary>
    public string AuthenticationType => "Linux";

    /// <summary>True: a process always has a user.</summary>
    public bool IsAuthenticated => true;

    /// <summary>Whether this is root.</summary>
    public bool IsSystem => UserIdentity.Current == 0;

    /// <summary>False.</summary>
    public bool IsGuest => false;

    /// <summary>False.</summary>
    public bool IsAnonymous => false;

    /// <summary>The user who runs the shell.</summary>
    public static WindowsIdentity GetCurrent() => new();
}
