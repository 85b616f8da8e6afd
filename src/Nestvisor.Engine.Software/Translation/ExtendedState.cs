namespace Nestvisor.Engine.Software.Translation;

/// <summary>Registers that are in the host's only while code uses them.</summary>
[Flags]
internal enum ExtendedState
{
    None = 0,
    Vectors = 1,
    X87 = 2,
}
