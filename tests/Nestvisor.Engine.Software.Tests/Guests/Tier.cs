namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>
/// The tier that bare guests run in: every block is translated before its first run, or, with <c>NESTVISOR_TEST_TIER=interpreter</c>,
/// none is. The test command runs the guests both ways.
/// </summary>
internal static class Tier
{
    public static SoftwareEngineOptions Options { get; } = new()
    {
        TranslateAfter = Environment.GetEnvironmentVariable("NESTVISOR_TEST_TIER") == "interpreter" ? SoftwareEngineOptions.Never : 0,
    };
}
