using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>
/// systemd-networkd: files below /run, which end with the host's run, let it leave the interface alone and give the bridge the interface's
/// settings (systemd.network(5)).
/// </summary>
/// <param name="host">Where it runs.</param>
/// <param name="root">The folder that /run is in.</param>
internal sealed class NetworkdUplinks(NetworkHost host, string root) : IUplinkManager
{
    // Before all others that are likely: the first file that matches an interface holds.
    private const string Prefix = "0-nestvisor-";
    private const byte NodeSpecificIdentifier = 0xFF;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    private string Folder => Path.Combine(root, "run/systemd/network");

    private string StateFolder => Path.Combine(root, "run/systemd/netif");

    /// <inheritdoc/>
    public bool TakesBackFirst => false;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program == InterfaceManager.Networkd;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        Dictionary<string, string> state = InterfaceManager.Values(Path.Combine(StateFolder, "links", Number(link.Index)));
        if (!state.TryGetValue("NETWORK_FILE", out string? file) || state.GetValueOrDefault("ADMIN_STATE") is "unmanaged" or "linger"
            || !(await HostProcess.ListAsync(host).ConfigureAwait(false)).Any(process => Path.GetFileName(process.Words[0]) == InterfaceManager.Networkd))
        {
            // It has no settings for it, or its files are left over or tell of another namespace.
            return null;
        }

        string lease = InterfaceManager.Values(LeaseFile(link.Index)).GetValueOrDefault("CLIENTID", "");
        return new UplinkFound(new UplinkManagement
        {
            Program = InterfaceManager.Networkd,
            File = file,
            Additions = [.. state.GetValueOrDefault("NETWORK_FILE_DROPINS", "").Trim('"').Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            LeaseNumber = LeaseNumberOf(lease),
        });
    }

    // An answer is a lease that is written anew; without one it has the one that it has.
    /// <inheritdoc/>
    public async Task<bool> ServerAnswersAsync(KernelLink link)
    {
        DateTime before = File.GetLastWriteTimeUtc(LeaseFile(link.Index));
        _ = await host.RunAsync($"ask the DHCP server of '{link.Name}'", "networkctl", ["renew", link.Name]).ConfigureAwait(false);
        return await AwaitAsync(() => File.GetLastWriteTimeUtc(LeaseFile(link.Index)) != before).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task TakeAsync(UplinkHandover handover)
    {
        try
        {
            if (handover.Moves)
            {
                Write(handover.Bridge.Name, NetworkdFile.ForBridge(
                    [.. new[] { handover.Management.File! }.Concat(handover.Management.Additions).Select(Read)], handover.Bridge.Name, handover.Management.LeaseNumber));
            }

            Write(handover.Uplink, NetworkdFile.ForPort(handover.Uplink));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                $"The settings of systemd-networkd for '{handover.Uplink}' ({handover.Management.File}) cannot be given to the bridge '{handover.Bridge.Name}': {error.Message}",
                error);
        }

        await ReloadAsync(handover).ConfigureAwait(false);
        if (handover.NeedsLease && !await AwaitAsync(() => IsConfigured(handover.Bridge.Index)).ConfigureAwait(false))
        {
            throw handover.NoLease();
        }
    }

    /// <inheritdoc/>
    public async Task GiveBackAsync(UplinkHandover handover)
    {
        string[] files = [FileOf(handover.Uplink), FileOf(handover.Bridge.Name)];
        if (!Array.Exists(files, File.Exists))
        {
            return;
        }

        foreach (string file in files)
        {
            File.Delete(file);
        }

        await ReloadAsync(handover).ConfigureAwait(false);
    }

    private Task ReloadAsync(UplinkHandover handover) =>
        host.RunAsync($"let systemd-networkd read its settings for '{handover.Uplink}' and '{handover.Bridge.Name}'", "networkctl", ["reload"]);

    // An identifier of RFC 4361: its kind, the number, the host's own identifier.
    private static uint? LeaseNumberOf(string clientIdentifier)
    {
        const int Digits = 10;
        return clientIdentifier.Length > Digits
            && uint.TryParse(clientIdentifier[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint kind) && kind == NodeSpecificIdentifier
            && uint.TryParse(clientIdentifier[2..Digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number)
                ? number
                : null;
    }

    private static async Task<bool> AwaitAsync(Func<bool> condition)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > UplinkHandover.Patience)
            {
                return false;
            }

            // It tells only those who speak D-Bus.
            await Task.Delay(Rest).ConfigureAwait(false);
        }

        return true;
    }

    // The lease comes first, its address and its routes follow.
    private bool IsConfigured(int index) => File.Exists(LeaseFile(index))
        && InterfaceManager.Values(Path.Combine(StateFolder, "links", Number(index))).GetValueOrDefault("ADMIN_STATE") == "configured";

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);

    private string LeaseFile(int index) => Path.Combine(StateFolder, "leases", Number(index));

    private string FileOf(string name) => Path.Combine(Folder, $"{Prefix}{name}.network");

    private string Read(string file) => File.ReadAllText(Path.Join(root, file));

    private void Write(string name, string text)
    {
        _ = Directory.CreateDirectory(Folder);
        File.WriteAllText(FileOf(name), text);
    }
}
