using System.Diagnostics.CodeAnalysis;
using System.Security.Principal;
using Nestvisor.Api;
using Nestvisor.Api.Client;

namespace Nestvisor.Shell.Windows;

/// <summary>
/// What scripts find under [System.Security.Principal.WindowsPrincipal]. Scripts for Hyper-V ask it whether they may manage virtual
/// machines, by asking for the role of an administrator; that question it answers for Linux.
/// </summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "WindowsBuiltInRole is an enumeration: it is the same on every platform.")]
public sealed class WindowsPrincipal : IPrincipal
{
    private readonly WindowsIdentity _identity;

    /// <summary>The principal of an identity.</summary>
    public WindowsPrincipal(WindowsIdentity ntIdentity)
    {
        ArgumentNullException.ThrowIfNull(ntIdentity);
        _identity = ntIdentity;
    }

    /// <inheritdoc/>
    public IIdentity Identity => _identity;

    /// <summary>
    /// Administrator: whether this user may manage the virtual machines that the commands work on, being root or the owner of the service.
    /// User: always. Other roles: never, Linux does not have them.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such role.</exception>
    public bool IsInRole(WindowsBuiltInRole role) => role switch
    {
        WindowsBuiltInRole.Administrator => ServiceAccess.IsGranted(NestvisorPaths.FromEnvironment()),
        WindowsBuiltInRole.User => true,
        _ when Enum.IsDefined(role) => false,
        _ => throw new ArgumentException($"There is no role {(int)role}.", nameof(role)),
    };

    /// <summary>The same by the number of a role, such as 544 for administrators; false for a number that is none.</summary>
    public bool IsInRole(int rid) => Enum.IsDefined((WindowsBuiltInRole)rid) && IsInRole((WindowsBuiltInRole)rid);

    /// <summary>
    /// The same by a name: those of the roles, "Administrators" and "BUILTIN\Administrators", and the security identifier S-1-5-32-544. False
    /// for other names: groups of Linux are not roles.
    /// </summary>
    public bool IsInRole(string role)
    {
        if (string.IsNullOrEmpty(role))
            return false;
        const string Domain = @"BUILTIN\";
        const string Sid = "S-1-5-32-";
        if (role.StartsWith(Sid, StringComparison.OrdinalIgnoreCase))
            return int.TryParse(role.AsSpan(Sid.Length), out var rid) && IsInRole(rid);
        var name = role.StartsWith(Domain, StringComparison.OrdinalIgnoreCase) ? role[Domain.Length..] : role;
        foreach (var builtIn in Enum.GetValues<WindowsBuiltInRole>())
        {
            if (name.Equals(builtIn.ToString(), StringComparison.OrdinalIgnoreCase) || name.Equals(builtIn + "s", StringComparison.OrdinalIgnoreCase))
                return IsInRole(builtIn);
        }

        return false;
    }
}
