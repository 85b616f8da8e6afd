using System.Globalization;

namespace Nestvisor.Guests.Tests;

/// <summary>Readings of a worker's memory, in MiB, and whether it grows.</summary>
internal sealed class WorkerMemory(string name)
{
    private readonly List<double> _readings = [];

    public void Add(double mebibytes) => _readings.Add(mebibytes);

    /// <summary>
    /// The process's Pss less that of the guest's memory; or, where only root may read that of a worker that has locked itself down, what
    /// it has resident and does not share.
    /// </summary>
    public static double Read(int process)
    {
        double sum = 0;
        try
        {
            bool guest = false;
            foreach (string line in File.ReadLines($"/proc/{process}/smaps"))
            {
                string first = line.Split(' ', 2)[0];
                if (!first.EndsWith(':'))
                {
                    guest = line.Contains("memfd:guest-memory", StringComparison.Ordinal);
                }
                else if (first == "Pss:" && !guest)
                {
                    sum += Number(line);
                }
            }
        }
        catch (UnauthorizedAccessException)
        {
            sum = File.ReadLines($"/proc/{process}/status")
                .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssFile:", StringComparison.Ordinal))
                .Sum(Number);
        }

        return sum / 1024;
    }

    /// <summary>Whether the most in the last third is above that in the second by more than 4 MiB and a twentieth. The first is for warming up.</summary>
    public bool Grows => Most(2) > (Most(1) * 1.05) + 4;

    public override string ToString() =>
        _readings.Count < 3
            ? $"{name}: not measured"
            : $"{name}: at most {Most(0):F1} MiB in the first third, {Most(1):F1} in the second, {Most(2):F1} in the last; {_readings.Count} readings";

    private static double Number(string line) => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private double Most(int third) => _readings[(_readings.Count * third / 3)..(_readings.Count * (third + 1) / 3)].DefaultIfEmpty(0).Max();
}
