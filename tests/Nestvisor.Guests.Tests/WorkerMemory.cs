using System.Globalization;

namespace Nestvisor.Guests.Tests;

/// <summary>Readings of a worker's memory, in MiB, and whether it grows.</summary>
internal sealed class WorkerMemory(string name)
{
    private readonly List<double> _readings = [];

    public void Add(double mebibytes) => _readings.Add(mebibytes);

    /// <summary>The process's Pss less that of the guest's memory, which is the one mapping of that size.</summary>
    /// <param name="process">The process.</param>
    /// <param name="guest">The guest's memory, in MiB.</param>
    /// <exception cref="UnauthorizedAccessException">Only root may read that of this process.</exception>
    public static double Read(int process, int guest)
    {
        double sum = 0;
        bool isGuest = false;
        foreach (string line in File.ReadLines($"/proc/{process}/smaps"))
        {
            switch (line.Split(' ', 2)[0])
            {
                case "Size:":
                    isGuest = Number(line) == guest * 1024.0;
                    break;
                case "Pss:" when !isGuest:
                    sum += Number(line);
                    break;
            }
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
