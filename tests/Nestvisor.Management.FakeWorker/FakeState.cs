using System.Text;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.FakeWorker;

/// <summary>A saved state: the header of a real one, and behind it what would not fit another machine.</summary>
internal static class FakeState
{
    /// <summary>The state of a machine.</summary>
    public static byte[] Of(WorkerConfiguration configuration) => [.. SavedStateHeader.Of(configuration.Id), .. Content(configuration)];

    /// <summary>Why a machine cannot go on from its saved state; null if it can.</summary>
    public static string? WhyUnusable(WorkerConfiguration configuration)
    {
        byte[] file = File.ReadAllBytes(configuration.SavedStateFile!);
        return SavedStateHeader.Read(file.AsSpan(0, Math.Min(file.Length, SavedStateHeader.Length))) != configuration.Id
            ? "It is not the saved state of this machine, or another version of Nestvisor saved it."
            : !file.AsSpan(SavedStateHeader.Length).SequenceEqual(Content(configuration))
            ? "The saved machine has another processor or other memory."
            : null;
    }

    private static byte[] Content(WorkerConfiguration configuration) =>
        Encoding.UTF8.GetBytes($"{configuration.MemoryBytes} bytes, {configuration.ProcessorCount} processors without {string.Join(' ', configuration.MaskedCpuFeatures)}");
}
