namespace Nestvisor.Api.Networks;

/// <summary>Whom a virtual switch connects.</summary>
public enum SwitchType
{
    /// <summary>Virtual machines with each other.</summary>
    Private,

    /// <summary>Virtual machines with each other and with this host.</summary>
    Internal,

    /// <summary>Virtual machines with each other and with the network behind an interface of this host.</summary>
    External,
}
