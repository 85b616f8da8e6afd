using System.Globalization;
using System.Numerics;
using System.Text;
using Nestvisor.Api;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>Where the virtual switches of this service are: for root the network namespace it runs in, for others one of the user's own.</summary>
internal sealed class NetworkPlace
{
    private readonly string _folder;
    private readonly string _instance;
    private readonly UserNetwork? _user;
    private readonly ICommandRunner? _runner;
    private HostKernel? _kernel;
    private int _holder;

    /// <summary>The place for the service with the given folders.</summary>
    /// <param name="paths">The folders.</param>
    /// <param name="runner">Runs programs where the switches shall be; null for the place of this process's user.</param>
    public NetworkPlace(NestvisorPaths paths, ICommandRunner? runner = null)
    {
        _runner = runner;
        _folder = Path.Combine(paths.State, "network");
        _instance = InstanceOf(paths.State);
        if (runner is null && !Environment.IsPrivilegedProcess)
        {
            _user = new UserNetwork(_folder);
            Alone = new PasstProcesses(Path.Combine(paths.Runtime, "passt"), _folder, [Environment.ProcessPath!, Hosting.PlainPasst.Command]);
        }
    }

    /// <summary>The networks of adapters where the user can have no namespace; null for root.</summary>
    public PasstProcesses? Alone { get; }

    /// <summary>Whether it is a namespace of the user's own.</summary>
    public bool IsUsers => _user is not null;

    /// <summary>The words before a program to run it there; empty until a user's namespace has been made.</summary>
    public IReadOnlyList<string> Prefix => _user is null || _holder == 0 ? [] : UserNetwork.PrefixOf(_holder);

    /// <summary>The name server that the machines' questions are passed to; null for the host's own.</summary>
    public System.Net.IPAddress? Resolver => _user is null ? null : UserNetwork.Resolver;

    /// <summary>What is there now, without making anything.</summary>
    /// <returns>The place; null if a user's namespace has not been made.</returns>
    public HostKernel? Find() => _user is null
        ? _kernel ??= Create([])
        : _user.FindHolder() is { } holder ? Enter(holder) : null;

    /// <summary>The place, which is made if it is not there.</summary>
    /// <returns>The place, and whether it is new and empty.</returns>
    /// <exception cref="HostNetworkException">This user can have none, or may not change it.</exception>
    public async Task<(HostKernel Kernel, bool IsNew)> EnsureAsync()
    {
        if (Find() is { } there)
        {
            if (there.Host.IsOwn)
            {
                NetworkPermission.Require();
            }

            return (there, false);
        }

        // To the end, whether or not the caller waits: a new place has to be filled.
        return (Enter(await _user!.EnsureAsync(CancellationToken.None).ConfigureAwait(false)), true);
    }

    /// <summary>Ends a user's namespace.</summary>
    public async Task EndAsync()
    {
        if (_user is not null)
        {
            _kernel = null;
            _holder = 0;
            await _user.EndAsync().ConfigureAwait(false);
        }
    }

    // It tells the services of one host apart. .NET's cryptographic hashes need OpenSSL, which a small system may not have.
    private static string InstanceOf(string folder)
    {
        uint sum = uint.MaxValue;
        foreach (byte each in Encoding.UTF8.GetBytes(folder))
        {
            sum = BitOperations.Crc32C(sum, each);
        }

        return (~sum).ToString("x8", CultureInfo.InvariantCulture);
    }

    private HostKernel Enter(int holder)
    {
        if (_kernel is null || _holder != holder)
        {
            _holder = holder;
            _kernel = Create(UserNetwork.PrefixOf(holder));
        }

        return _kernel;
    }

    private HostKernel Create(IReadOnlyList<string> prefix) =>
        new(new NetworkHost(_runner ?? new CommandRunner(prefix), _instance) { IsElsewhere = prefix.Count > 0, IsOwn = _runner is null && prefix.Count == 0 }, _folder);
}
