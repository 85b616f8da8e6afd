namespace Nestvisor.Engine.Software;

/// <summary>Which native code is compared with the interpreter.</summary>
public enum ComparedCode
{
    /// <summary>None.</summary>
    None,

    /// <summary>That of nested guests: the machine itself runs at its usual speed.</summary>
    Nested,

    /// <summary>All.</summary>
    All,
}
