namespace Nestvisor.Storage.Files;

/// <summary>A disk that knows which of its ranges read as zeros without reading them.</summary>
internal interface ISparseDisk
{
    /// <summary>Finds the next range that may hold something else than zeros.</summary>
    /// <param name="from">Where to begin, inside the disk or at its end.</param>
    /// <param name="start">First byte of the range.</param>
    /// <param name="end">The byte behind it.</param>
    /// <returns>False if only zeros follow.</returns>
    bool FindData(long from, out long start, out long end);
}
