namespace Microsoft.HyperV.PowerShell;

/// <summary>How hosts prove to each other who they are when virtual machines move.</summary>
public enum MigrationAuthenticationType
{
    /// <summary>CredSSP.</summary>
    CredSSP,

    /// <summary>Kerberos.</summary>
    Kerberos,
}
