namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>
/// The tier that bare guests run in, by the variable <c>NESTVISOR_TEST_TIER</c>: every block is translated before its first run; with
/// <c>interpreter</c> none is; with <c>tiny</c> all are, and the caches are so small that they are emptied all the time; with <c>compare</c> each
/// run of native code is compared with the interpreter. The test command runs the guests in each.
/// </summary>
internal static class Tier
{
    /// <summary>Caches that hold some hundred blocks.</summary>
    public static SoftwareEngineOptions Tiny { get; } = new()
    {
        TranslateAfter = 0,
        NativeCodeBytes = 128 << 10,
        HotBlockBytes = 64 << 10,
        ColdBlockBytes = 64 << 10,
    };

    public static SoftwareEngineOptions Options { get; } = Environment.GetEnvironmentVariable("NESTVISOR_TEST_TIER") switch
    {
        null or "" or "translator" => new() { TranslateAfter = 0 },
        "interpreter" => new() { TranslateAfter = SoftwareEngineOptions.Never },
        "tiny" => Tiny,
        "compare" => new() { TranslateAfter = 0, Compared = ComparedCode.All },
        string other => throw new InvalidOperationException($"NESTVISOR_TEST_TIER is '{other}'; it can be translator, interpreter, tiny or compare."),
    };
}
