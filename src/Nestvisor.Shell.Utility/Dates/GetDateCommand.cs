using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Date: a date and time, as an object or a text.</summary>
[Cmdlet(VerbsCommon.Get, "Date", DefaultParameterSetName = "DateAndFormat")]
[OutputType(typeof(DateTime), typeof(string))]
public sealed class GetDateCommand : PSCmdlet
{
    /// <summary>The date; now without it.</summary>
    [Parameter(Position = 0, ParameterSetName = "DateAndFormat", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "DateAndUFormat", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LastWriteTime")]
    public DateTime Date { get; set; }

    /// <summary>The date, as seconds since 1970 in UTC.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "UnixTimeSecondsAndFormat", ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, ParameterSetName = "UnixTimeSecondsAndUFormat", ValueFromPipelineByPropertyName = true)]
    [Alias("UnixTime")]
    public long UnixTimeSeconds { get; set; }

    /// <summary>The year.</summary>
    [Parameter]
    [ValidateRange(1, 9999)]
    public int Year { get; set; }

    /// <summary>The month.</summary>
    [Parameter]
    [ValidateRange(1, 12)]
    public int Month { get; set; }

    /// <summary>The day of the month.</summary>
    [Parameter]
    [ValidateRange(1, 31)]
    public int Day { get; set; }

    /// <summary>The hour.</summary>
    [Parameter]
    [ValidateRange(0, 23)]
    public int Hour { get; set; }

    /// <summary>The minute.</summary>
    [Parameter]
    [ValidateRange(0, 59)]
    public int Minute { get; set; }

    /// <summary>The second.</summary>
    [Parameter]
    [ValidateRange(0, 59)]
    public int Second { get; set; }

    /// <summary>The millisecond.</summary>
    [Parameter]
    [ValidateRange(0, 999)]
    public int Millisecond { get; set; }

    /// <summary>What is shown of it.</summary>
    [Parameter]
    public DisplayHintType DisplayHint { get; set; } = DisplayHintType.DateTime;

    /// <summary>A .NET format, or FileDate, FileDateTime and their Universal forms.</summary>
    [Parameter(ParameterSetName = "DateAndFormat")]
    [Parameter(ParameterSetName = "UnixTimeSecondsAndFormat")]
    public string? Format { get; set; }

    /// <summary>A format of Unix' date.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "DateAndUFormat")]
    [Parameter(Mandatory = true, ParameterSetName = "UnixTimeSecondsAndUFormat")]
    public string? UFormat { get; set; }

    /// <summary>In UTC.</summary>
    [Parameter]
    public SwitchParameter AsUTC { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var bound = MyInvocation.BoundParameters;
        var date = bound.ContainsKey(nameof(UnixTimeSeconds)) ? DateTimeOffset.FromUnixTimeSeconds(UnixTimeSeconds).LocalDateTime
            : bound.ContainsKey(nameof(Date)) ? Date : DateTime.Now;
        int Part(string name, int wanted, int present) => bound.ContainsKey(name) ? wanted - present : 0;
        date = date.AddYears(Part(nameof(Year), Year, date.Year));
        date = date.AddMonths(Part(nameof(Month), Month, date.Month));
        date = date.AddDays(Part(nameof(Day), Day, date.Day));
        date = date.AddHours(Part(nameof(Hour), Hour, date.Hour));
        date = date.AddMinutes(Part(nameof(Minute), Minute, date.Minute));
        date = date.AddSeconds(Part(nameof(Second), Second, date.Second));
        if (bound.ContainsKey(nameof(Millisecond)))
            date = new DateTime(date.Ticks - (date.Ticks % TimeSpan.TicksPerSecond), date.Kind).AddMilliseconds(Millisecond);
        if (AsUTC)
            date = date.ToUniversalTime();
        if (UFormat is not null)
            WriteObject(UnixFormat(date, UFormat));
        else if (Format is not null)
            WriteObject(date.ToString(Named(Format, ref date), CultureInfo.CurrentCulture));
        else
            WriteDate(date);
    }

    private void WriteDate(DateTime date)
    {
        var result = new PSObject(date);
        result.Properties.Add(new PSNoteProperty("DisplayHint", DisplayHint));
        WriteObject(result);
    }

    private static string Named(string format, ref DateTime date)
    {
        if (format.EndsWith("Universal", StringComparison.OrdinalIgnoreCase))
            date = date.ToUniversalTime();
        return format.ToUpperInvariant() switch
        {
            "FILEDATE" => "yyyyMMdd",
            "FILEDATEUNIVERSAL" => "yyyyMMddZ",
            "FILEDATETIME" => "yyyyMMddTHHmmssffff",
            "FILEDATETIMEUNIVERSAL" => "yyyyMMddTHHmmssffffZ",
            _ => format,
        };
    }

    // strftime(3).
    private static string UnixFormat(DateTime date, string format)
    {
        var text = new StringBuilder();
        var invariant = CultureInfo.InvariantCulture;
        for (var i = format.StartsWith('+') ? 1 : 0; i < format.Length; i++)
        {
            if (format[i] != '%' || ++i == format.Length)
            {
                text.Append(format[Math.Min(i, format.Length - 1)]);
                continue;
            }

            text.Append(format[i] switch
            {
                'A' => date.ToString("dddd", CultureInfo.CurrentCulture),
                'a' => date.ToString("ddd", CultureInfo.CurrentCulture),
                'B' => date.ToString("MMMM", CultureInfo.CurrentCulture),
                'b' or 'h' => date.ToString("MMM", CultureInfo.CurrentCulture),
                'C' => (date.Year / 100).ToString("00", invariant),
                'c' => date.ToString("ddd dd MMM yyyy HH:mm:ss", CultureInfo.CurrentCulture),
                'D' or 'x' => date.ToString("MM/dd/yy", invariant),
                'd' => date.ToString("dd", invariant),
                'e' => date.Day.ToString(invariant).PadLeft(2),
                'F' => date.ToString("yyyy-MM-dd", invariant),
                'G' => ISOWeek.GetYear(date).ToString(invariant),
                'g' => (ISOWeek.GetYear(date) % 100).ToString("00", invariant),
                'H' => date.ToString("HH", invariant),
                'I' => date.ToString("hh", invariant),
                'j' => date.DayOfYear.ToString("000", invariant),
                'k' => date.Hour.ToString(invariant).PadLeft(2),
                'l' => date.ToString("%h", invariant).PadLeft(2),
                'M' => date.ToString("mm", invariant),
                'm' => date.ToString("MM", invariant),
                'n' => "\n",
                'p' => date.ToString("tt", invariant),
                'R' => date.ToString("HH:mm", invariant),
                'r' => date.ToString("hh:mm:ss tt", invariant),
                'S' => date.ToString("ss", invariant),
                's' => new DateTimeOffset(date).ToUnixTimeSeconds().ToString(invariant),
                'T' or 'X' => date.ToString("HH:mm:ss", invariant),
                't' => "\t",
                'u' => (date.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)date.DayOfWeek).ToString(invariant),
                'V' => ISOWeek.GetWeekOfYear(date).ToString("00", invariant),
                'U' or 'W' => (date.DayOfYear / 7).ToString("00", invariant),
                'w' => ((int)date.DayOfWeek).ToString(invariant),
                'Y' => date.Year.ToString("0000", invariant),
                'y' => date.ToString("yy", invariant),
                'Z' => date.ToString("%K", invariant) is { Length: > 0 } zone ? zone[..Math.Min(3, zone.Length)] : date.ToString("zz", invariant),
                '%' => "%",
                var other => "%" + other,
            });
        }

        return text.ToString();
    }
}
