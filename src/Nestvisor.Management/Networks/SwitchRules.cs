using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Nestvisor.Management.Networks;

/// <summary>What a virtual switch may be.</summary>
internal static class SwitchRules
{
    /// <summary>Name of the switch that every host has.</summary>
    public const string DefaultName = "Default Switch";

    // As long as names of Hyper-V's objects may be.
    private const int LongestName = 256;
    private const int LongestNotes = 65536;

    /// <summary>The switch that every host has.</summary>
    public static SwitchConfiguration Default { get; } = new()
    {
        Id = SwitchInfo.DefaultSwitchId,
        Name = DefaultName,
        Type = SwitchType.Internal,
        AllowManagementOS = true,
        Notes = "The default network switch gives virtual machines addresses and the host's way out (NAT).",
    };

    /// <summary>Checks a new switch.</summary>
    /// <exception cref="ApiException">It breaks a rule.</exception>
    public static void CheckNew(CreateSwitchRequest request, NetworkConfiguration networks, bool isUsers)
    {
        CheckName(request.Name, networks, null);
        CheckNotes(request.Notes);
        if (request.Id is { } id && (id == SwitchInfo.DefaultSwitchId || id == Guid.Empty || networks.Switches.Any(one => one.Id == id)))
        {
            throw ApiException.InvalidArgument($"A new virtual switch cannot have the identifier {id}: {(id == Guid.Empty ? "it is empty" : "another has it")}.");
        }

        if (request.Type == SwitchType.External)
        {
            if (request.Uplink is null)
            {
                throw ApiException.InvalidArgument($"The external virtual switch '{request.Name}' needs a network interface of this host. Name one with -NetAdapterName.");
            }

            RequireRoot(isUsers, request.Name);
        }
        else if (request.Uplink is not null)
        {
            throw ApiException.InvalidArgument($"The virtual switch '{request.Name}' is {request.Type} and cannot be bound to '{request.Uplink}': only an external switch is.");
        }
        else if (request.AllowManagementOS is { } allowed && allowed != (request.Type == SwitchType.Internal))
        {
            throw ApiException.InvalidArgument($"AllowManagementOS is not for the virtual switch '{request.Name}', which is {request.Type}: with an internal switch this host has a port on it, with a private one it has none.");
        }
    }

    /// <summary>The configuration after a change; of a new interface only that there is one.</summary>
    /// <exception cref="ApiException">It breaks a rule.</exception>
    public static SwitchConfiguration Change(SwitchConfiguration old, ChangeSwitchRequest request, NetworkConfiguration networks, bool isUsers)
    {
        if (request.Name is { } name)
        {
            CheckName(name, networks, old.Id);
        }

        CheckNotes(request.Notes ?? "");
        SwitchType type = request.Type ?? (request.Uplink is null ? old.Type : SwitchType.External);
        if (type == SwitchType.External)
        {
            if (request.Uplink is null && old.Type != SwitchType.External)
            {
                throw ApiException.InvalidArgument($"The virtual switch '{old.Name}' needs a network interface of this host to become external. Name one with -NetAdapterName.");
            }

            RequireRoot(isUsers, old.Name);
        }
        else if (request.Uplink is not null)
        {
            throw ApiException.InvalidArgument($"The virtual switch '{old.Name}' cannot be {type} and bound to '{request.Uplink}': only an external switch is.");
        }

        bool hadAdapters = old.HasHostPort || old.HostAdapters.Count > 0;
        bool hostPort = type switch
        {
            SwitchType.Private => false,
            SwitchType.Internal => true,
            _ => request.AllowManagementOS ?? (old.Type != SwitchType.External || hadAdapters),
        };
        if (type != SwitchType.External && request.AllowManagementOS is { } allowed && allowed != hostPort)
        {
            throw ApiException.InvalidArgument($"AllowManagementOS is not for the virtual switch '{old.Name}', which is {type}. Change its type with -SwitchType.");
        }

        // The adapters that the host has stay; it gets its first port where it has none and shall have one.
        bool first = hostPort && (old.HasHostPort || !hadAdapters);
        return (first ? old : HostAdapterRules.WithoutFirst(old)) with
        {
            Name = request.Name ?? old.Name,
            Notes = request.Notes ?? old.Notes,
            Type = type,
            AllowManagementOS = first,
            Uplink = type == SwitchType.External ? old.Uplink : null,
            HostAdapters = hostPort ? old.HostAdapters : [],
        };
    }

    private static void CheckName(string name, NetworkConfiguration networks, Guid? own)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
        {
            throw ApiException.InvalidArgument($"A virtual switch's name has 1 to {LongestName} characters, not only blanks and no control characters.");
        }

        if (networks.Switches.Append(Default).Any(one => one.Id != own && string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            throw ApiException.InvalidArgument($"There is a virtual switch '{name}' already. Names of virtual switches are compared without case; choose another.");
        }
    }

    private static void CheckNotes(string notes)
    {
        if (notes.Length > LongestNotes)
        {
            throw ApiException.InvalidArgument($"Notes have at most {LongestNotes} characters.");
        }
    }

    private static void RequireRoot(bool isUsers, string name)
    {
        if (isUsers)
        {
            throw ApiException.NotSupported(
                $"The external virtual switch '{name}' is not possible for a user who is not root: only root may bind the host's network interfaces. "
                + "Make an internal switch and a NAT, or run Nestvisor as root.");
        }
    }
}
