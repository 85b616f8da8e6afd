using System.Globalization;
using System.Management.Automation;

namespace Nestvisor.Shell.Hosting;

/// <summary>Shows the newest progress record on one terminal line, which whatever is written next replaces.</summary>
internal sealed class ProgressLine(TextWriter output, bool enabled)
{
    private bool _shown;

    /// <summary>Shows <paramref name="record"/>, or takes the line away when it is completed.</summary>
    public void Show(long sourceId, ProgressRecord record)
    {
        _ = sourceId;
        if (!enabled)
            return;
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        var percent = record.PercentComplete is >= 0 and <= 100 ? string.Create(CultureInfo.InvariantCulture, $" {record.PercentComplete}%") : string.Empty;
        var text = $"{record.Activity}: {record.StatusDescription}{percent}".ReplaceLineEndings(" ");
        var width = Math.Max(20, Console.WindowWidth) - 1;
        output.Write($"\r\e[K\e[33m{(text.Length > width ? text[..width] : text)}\e[0m");
        output.Flush();
        _shown = true;
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (!_shown)
            return;
        _shown = false;
        output.Write("\r\e[K");
        output.Flush();
    }
}
