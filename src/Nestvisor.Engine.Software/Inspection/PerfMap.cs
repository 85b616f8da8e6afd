using System.Globalization;
using System.Text;

namespace Nestvisor.Engine.Software.Inspection;

/// <summary>
/// Tells perf the names of generated code: a file of lines <c>START SIZE name</c> with hexadecimal numbers (Linux,
/// tools/perf/Documentation/jit-interface.txt). Where code took the place of other code, both have a line.
/// </summary>
internal sealed class PerfMap : IDisposable
{
    /// <summary>The most bytes of the file: about a million blocks.</summary>
    public const long Limit = 64 << 20;

    private readonly BoundedFile _file;

    /// <summary>Opens the file anew.</summary>
    /// <param name="path">Where perf looks for it: <c>/tmp/perf-PID.map</c>.</param>
    /// <param name="limit">The most bytes of it.</param>
    public PerfMap(string path, long limit = Limit) =>
        _file = new BoundedFile(
            path,
            fresh: true,
            limit,
            string.Create(CultureInfo.InvariantCulture, $"0 1 the limit of {limit} bytes is reached, later blocks are not named"));

    /// <summary>Names a piece of code.</summary>
    public void Add(ulong start, ulong size, string name) =>
        _file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{start:x} {size:x} {name}\n")));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
