namespace Nestvisor.NetworkCommands.Support;

/// <summary>The parameters that choose addresses; which of them a command has differs.</summary>
internal interface INetIPAddressFilter
{
    string[]? IPAddress { get; }

    uint[]? InterfaceIndex { get; }

    string[]? InterfaceAlias { get; }

    AddressFamily[]? AddressFamily { get; }

    AddressType[]? Type { get; }

    byte[]? PrefixLength => null;

    PrefixOrigin[]? PrefixOrigin { get; }

    SuffixOrigin[]? SuffixOrigin { get; }

    AddressState[]? AddressState { get; }

    TimeSpan[]? ValidLifetime => null;

    TimeSpan[]? PreferredLifetime => null;

    bool[]? SkipAsSource => null;

    string? PolicyStore { get; }

    NetIPInterface? AssociatedIPInterface => null;
}
